package writeback

import (
	"time"

	"github.com/mokafka/mokafka/schemas"
)

// Statuses of getApplicationStates.
const (
	statusHired    = "hired"
	statusRejected = "rejected"
)

// closing is what marking as hired and as rejected have in common. A stage that
// people moved the application to since is their word on the same thing.
type closing struct{ onApplication }

func (closing) needsStatus() bool  { return true }
func (closing) before(v *View) any { return standing(v) }

func (closing) superseded(v *View, asked time.Time, own []Change) string {
	if why := closedSince(v, asked, own); why != "" {
		return why
	}
	return movedSince(v, asked, own)
}

func isHired(v *View) bool { return v.Status == statusHired || v.Status == "" && !v.HiredAt.IsZero() }

type markHired struct {
	*schemas.MarkHired
	closing
}

func (a markHired) check() error {
	switch {
	case !within(a.ProbationMonths, 0, 6):
		return bad("mark_hired: probation_months is %d, and must be 0 to 6", a.ProbationMonths)
	case a.HiredAt.Year() < 2000:
		return bad("mark_hired: hired_at is missing, or before the year 2000")
	case a.HeadcountID != nil && *a.HeadcountID <= 0:
		return bad("mark_hired: headcount_id is %d, and must be above 0, or null", *a.HeadcountID)
	}
	return nil
}

func (a markHired) parameters() map[string]any {
	p := map[string]any{"hired_at": a.HiredAt.UTC(), "probation_months": a.ProbationMonths}
	put(p, "headcount_id", a.HeadcountID)
	put(p, "use_offer_headcount", a.UseOfferHeadcount)
	return p
}

func (a markHired) field() string { return hiredField }
func (a markHired) value() string { return "" }
func (a markHired) after() any {
	return map[string]any{"status": statusHired, "hired_at": a.HiredAt.UTC()}
}
func (a markHired) inForce(v *View) bool { return isHired(v) }

type markRejected struct {
	*schemas.MarkRejected
	closing
}

func (a markRejected) check() error { return nil }

func (a markRejected) parameters() map[string]any {
	p := map[string]any{}
	put(p, "reason_id", a.ReasonID)
	put(p, "talent_pool_id", a.TalentPoolID)
	put(p, "remark", a.Remark)
	return p
}

func (a markRejected) field() string        { return archivedField }
func (a markRejected) value() string        { return "true" }
func (a markRejected) after() any           { return map[string]any{"archived": true, "status": statusRejected} }
func (a markRejected) inForce(v *View) bool { return v.Archived && v.Status == statusRejected }

// markRegular is invisible in what Moka shows of an application.
type markRegular struct {
	*schemas.MarkRegular
	onApplication
}

func (a markRegular) check() error {
	if a.Undo && a.CorrectedAt != nil {
		return bad("mark_regular: corrected_at goes with making regular, and undo is true")
	}
	return nil
}

func (a markRegular) parameters() map[string]any {
	p := map[string]any{"undo": a.Undo}
	put(p, "corrected_at", a.CorrectedAt)
	return p
}

func (a markRegular) field() string                                { return "regular" }
func (a markRegular) value() string                                { return "" }
func (a markRegular) before(*View) any                             { return nil }
func (a markRegular) after() any                                   { return map[string]any{"regular": !a.Undo} }
func (a markRegular) certainty() certainty                         { return blind }
func (a markRegular) superseded(*View, time.Time, []Change) string { return "" }

// markResigned archives a hired application anew; that Moka dates that is likely,
// and not documented, so that no trace proves nothing.
type markResigned struct {
	*schemas.MarkResigned
	onApplication
}

func (a markResigned) check() error {
	text := func(s *string) bool { return s != nil && *s != "" }
	switch {
	case !text(a.Reason):
		return bad("mark_resigned needs reason, a text (Moka: detail)")
	case a.Kind != nil && *a.Kind == schemas.ResignationKindUnknown:
		return bad("mark_resigned: kind is none of TERMINATED, RESIGNED, DISMISSED, null")
	case !text(a.JobName) && (text(a.Department) || text(a.JobType)):
		return bad("mark_resigned: department and job_type go with job_name")
	}
	return nil
}

func (a markResigned) parameters() map[string]any {
	p := map[string]any{}
	put(p, "resigned_at", a.ResignedAt)
	put(p, "reason", a.Reason)
	put(p, "reason_type_id", a.ReasonTypeID)
	put(p, "kind", a.Kind)
	put(p, "operator_email", a.OperatorEmail)
	put(p, "job_name", a.JobName)
	put(p, "department", a.Department)
	put(p, "job_type", a.JobType)
	if len(a.TalentPoolIds) > 0 {
		p["talent_pool_ids"] = a.TalentPoolIds
	}
	return p
}

func (a markResigned) field() string        { return resignedField }
func (a markResigned) value() string        { return "" }
func (a markResigned) before(v *View) any   { return standing(v) }
func (a markResigned) after() any           { return map[string]any{"resigned": true} }
func (a markResigned) certainty() certainty { return positive }
func (a markResigned) baseline(v *View) *baseline {
	return &baseline{ArchivedAt: v.ArchivedAt}
}

// since: what archived it shortly before may have been another command.
func (a markResigned) since(v *View, begin time.Time, base *baseline) bool {
	return v.Archived && !v.ArchivedAt.IsZero() && !v.ArchivedAt.Before(begin.Add(-slack)) &&
		(base == nil || v.ArchivedAt.After(base.ArchivedAt))
}

// An application that is to be resigned from is closed already: that it was
// changed, where Moka does not say when it was closed, says nothing.
func (a markResigned) superseded(v *View, asked time.Time, own []Change) string {
	if v.ArchivedAt.IsZero() {
		return ""
	}
	return closedSince(v, asked, own)
}
