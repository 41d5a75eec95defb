package polling

import (
	"strconv"
	"strings"
	"time"

	"github.com/mokafka/mokafka/internal/mokasim"
	"github.com/mokafka/mokafka/internal/mokasim/company"
	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
)

// slot is one field of one entity: where a change of the company's is to be seen.
type slot struct {
	family publish.Family
	key    string
	field  string
}

// Fields that the ledger knows beside those of the company's log.
const (
	fieldRemarks = "remarks"
	fieldPushed  = "pushed"
)

// anyValue stands where the log does not say what the entity will show: only
// that it is another thing than before.
const anyValue = "*"

// place is a slot and the value that a change gives it.
type place struct {
	slot
	is string
}

// placesOf are where a change of the log is to be seen: one place for each
// application, or the headcount.
func placesOf(e *mokasim.Entry) []place {
	if len(e.ApplicationIDs) == 0 {
		if e.HeadcountID == 0 {
			return nil
		}
		return []place{{slot{publish.Headcounts, publish.HeadcountKey(org, e.HeadcountID), e.Field}, e.Is}}
	}
	places := make([]place, 0, len(e.ApplicationIDs))
	for n, id := range e.ApplicationIDs {
		places = append(places, placeOf(e, n, id))
	}
	return places
}

// placeOf is where a change is to be seen on its n-th application.
func placeOf(e *mokasim.Entry, n int, id int64) place {
	candidate := func(field, is string) place {
		return place{slot{publish.Candidates, publish.CandidateKey(org, id), field}, is}
	}
	switch e.Field {
	case company.FieldOfferStatus, company.FieldOfferApproval:
		return place{slot{publish.Offers, publish.OfferKey(org, id), e.Field}, e.Is}
	case company.FieldInterviewStatus, company.FieldInterviewTime, company.FieldFeedback:
		// One interview for all, or one after the other.
		its, is := e.InterviewIDs[min(n, len(e.InterviewIDs)-1)], e.Is
		if e.Field == company.FieldFeedback || e.Field == company.FieldInterviewTime && n > 0 && len(e.InterviewIDs) > 1 {
			is = anyValue
		}
		return place{slot{publish.Interviews, publish.InterviewKey(org, id, strconv.FormatInt(its, 10)), e.Field}, is}
	case "":
		if e.Kind == company.EHRPushed {
			return candidate(fieldPushed, anyValue)
		}
		return candidate(fieldRemarks, anyValue)
	default:
		return candidate(e.Field, e.Is)
	}
}

// valuesOf are the values of an entity's slots, in the words of the company's
// log; nil for an entity that is not there.
func valuesOf(entity any) map[string]string {
	switch e := entity.(type) {
	case *schemas.Candidate:
		if e != nil {
			return candidateValues(e)
		}
	case *schemas.Offer:
		if e != nil {
			return offerValues(e)
		}
	case *schemas.Interview:
		if e != nil {
			return interviewValues(e)
		}
	case *schemas.Headcount:
		if e != nil {
			return headcountValues(e)
		}
	}
	return nil
}

func candidateValues(c *schemas.Candidate) map[string]string {
	v := map[string]string{
		company.FieldArchived: strconv.FormatBool(c.Archived != nil && *c.Archived),
		company.FieldHired:    strconv.FormatBool(c.HiredAt != nil || c.ProbationMonths != nil),
		fieldRemarks:          remarksOf(c),
	}
	if c.Stage != nil && c.Stage.ID != nil {
		v[company.FieldStage] = strconv.FormatInt(*c.Stage.ID, 10)
	}
	return v
}

// remarksOf is some text that another list of remarks would not have.
func remarksOf(c *schemas.Candidate) string {
	var b strings.Builder
	for i := range c.Remarks {
		if at := c.Remarks[i].CreatedAt; at != nil {
			b.WriteString(at.UTC().Format(time.RFC3339))
		}
		b.WriteByte(' ')
	}
	return b.String()
}

func offerValues(o *schemas.Offer) map[string]string {
	v := map[string]string{}
	if o.Status != nil {
		v[company.FieldOfferStatus] = strings.ToLower(string(*o.Status))
	}
	if o.ApprovalStatus != nil {
		v[company.FieldOfferApproval] = strings.ReplaceAll(string(*o.ApprovalStatus), "_", "")
	}
	return v
}

func interviewValues(iv *schemas.Interview) map[string]string {
	given := 0
	for i := range iv.Feedbacks {
		if iv.Feedbacks[i].FeedbackAt != nil || iv.Feedbacks[i].ResultName != nil {
			given++ // the others are still to come
		}
	}
	v := map[string]string{company.FieldFeedback: strconv.Itoa(given)}
	status := company.MeetingOpen // an interview that somebody tells of is arranged
	if iv.Status != nil {
		switch *iv.Status {
		case schemas.InterviewStatusFinished:
			status = company.MeetingFinished
		case schemas.InterviewStatusCancelled:
			status = company.MeetingCancelled
		case schemas.InterviewStatusUnfinished, schemas.InterviewStatusUnknown:
		}
	}
	v[company.FieldInterviewStatus] = status
	if iv.StartsAt != nil {
		v[company.FieldInterviewTime] = iv.StartsAt.UTC().Format(time.RFC3339)
	}
	return v
}

func headcountValues(h *schemas.Headcount) map[string]string {
	v := map[string]string{}
	if h.Status != nil {
		v[company.FieldHeadcountStatus] = *h.Status
	}
	if h.Needed != nil {
		v[company.FieldHeadcountNeed] = strconv.Itoa(int(*h.Needed))
	}
	return v
}

// rootOf is the application or headcount that an entity's key belongs to.
func rootOf(key string) string {
	parts := strings.SplitN(key, ":", 4)
	return strings.Join(parts[:min(3, len(parts))], ":")
}
