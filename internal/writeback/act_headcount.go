package writeback

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/mokafka/mokafka/internal/moka"
	"github.com/mokafka/mokafka/schemas"
)

// changeHeadcount creates, updates or deletes a headcount.
type changeHeadcount struct {
	*schemas.ChangeHeadcount
	fields map[string]json.RawMessage
	create moka.HeadcountParams
}

func (a *changeHeadcount) check() error {
	object, err := jsonObject(a.ParametersJSON)
	if err != nil {
		return bad("change_headcount: %w", err)
	}
	a.fields = object
	if a.HireMode != nil && (a.Operation != schemas.HeadcountOperationCreate || a.mode() == 0) {
		return bad("change_headcount: hire_mode is for CREATE, and one of those Moka knows")
	}
	switch a.Operation {
	case schemas.HeadcountOperationCreate:
		return a.checkCreate()
	case schemas.HeadcountOperationUpdate:
		if len(object) == 0 {
			return bad("change_headcount: parameters_json has nothing to update")
		}
		if _, there := find(object, "number"); there {
			return bad("change_headcount: the number of a headcount can't be changed")
		}
	case schemas.HeadcountOperationDelete:
		if len(object) > 0 {
			return bad("change_headcount: DELETE takes no parameters")
		}
	case schemas.HeadcountOperationUnknown:
		return bad("change_headcount: operation is none of CREATE, UPDATE, DELETE")
	}
	return nil
}

func (a *changeHeadcount) checkCreate() error {
	if a.HeadcountID != nil {
		return bad("change_headcount: headcount_id is not for CREATE")
	}
	p := &a.create
	rest := maps.Clone(a.fields)
	for name, into := range map[string]any{"number": &p.Number, "jobName": &p.JobName, "needNumber": &p.NeedNumber} {
		if json.Unmarshal(rest[name], into) != nil {
			return bad("change_headcount: parameters_json needs number and jobName, texts, and needNumber, a number, for CREATE")
		}
		delete(rest, name)
	}
	if p.Number == "" || p.JobName == "" || p.NeedNumber < 1 {
		return bad("change_headcount: number and jobName must not be empty, and needNumber must be 1 or more, for CREATE")
	}
	p.HireMode = a.mode()
	if len(rest) > 0 {
		p.Fields = []byte(*jsonText(rest))
	}
	return nil
}

func (a *changeHeadcount) mode() moka.HireMode {
	switch {
	case a.HireMode == nil:
		return 0
	case *a.HireMode == schemas.HireModeExperienced:
		return moka.SocialHiring
	case *a.HireMode == schemas.HireModeCampus:
		return moka.CampusHiring
	}
	return 0
}

func (a *changeHeadcount) parameters() map[string]any {
	p := map[string]any{"operation": string(a.Operation), "parameters": a.fields}
	put(p, "headcount_id", a.HeadcountID)
	put(p, "hire_mode", a.HireMode)
	return p
}

func (a *changeHeadcount) headcount() (id int64, number string) {
	if a.Operation == schemas.HeadcountOperationCreate {
		return 0, a.create.Number
	}
	return *a.HeadcountID, ""
}

func (a *changeHeadcount) field() string            { return countField }
func (a *changeHeadcount) value() string            { return "" }
func (a *changeHeadcount) needsStatus() bool        { return false }
func (a *changeHeadcount) baseline(*View) *baseline { return nil }
func (a *changeHeadcount) certainty() certainty     { return certain }
func (a *changeHeadcount) blocked(v *View) string {
	if a.Operation == schemas.HeadcountOperationUpdate && v.Headcount == nil {
		return "Moka knows no such headcount"
	}
	if a.Operation == schemas.HeadcountOperationCreate && v.Headcount != nil {
		return "there is a headcount of that number" // Moka does not say whether it would take another
	}
	return ""
}

// before is what the fields to be changed were, those that Moka shows by the same
// name.
func (a *changeHeadcount) before(v *View) any {
	if v.Headcount == nil {
		return nil
	}
	was := map[string]json.RawMessage{}
	for name := range a.fields {
		if value, there := v.Headcount.Fields[strings.ToLower(name)]; there {
			was[name] = value
		}
	}
	return was
}

func (a *changeHeadcount) after() any {
	if a.Operation == schemas.HeadcountOperationDelete {
		return nil
	}
	return a.fields
}

// inForce of an update compares what Moka shows by the same name; there must be
// something.
func (a *changeHeadcount) inForce(v *View) bool {
	switch a.Operation {
	case schemas.HeadcountOperationDelete:
		return v.Headcount == nil
	case schemas.HeadcountOperationUpdate:
		return v.Headcount != nil && a.shows(v.Headcount)
	default:
		return false // one with that number may be somebody else's: Moka says so
	}
}

// shows tells whether every field to be changed is as wanted. One that Moka shows
// otherwise than it is written (a department by its id) is not.
func (a *changeHeadcount) shows(h *HeadcountView) bool {
	for name, want := range a.fields {
		is, there := h.Fields[strings.ToLower(name)]
		if !there || !sameJSON(want, is) {
			return false
		}
	}
	return true
}

// since: a headcount of that number was made after the intent; an update moves
// updatedAt.
func (a *changeHeadcount) since(v *View, begin time.Time, _ *baseline) bool {
	switch {
	case v.Headcount == nil:
		return false
	case a.Operation == schemas.HeadcountOperationCreate:
		return !v.Headcount.CreatedAt.Before(begin.Add(-slack))
	case a.Operation == schemas.HeadcountOperationUpdate:
		return !v.Headcount.UpdatedAt.Before(begin.Add(-slack)) && a.touches(v.Headcount)
	}
	return false
}

// touches tells whether nothing that can be compared speaks against it.
func (a *changeHeadcount) touches(h *HeadcountView) bool {
	compared := 0
	for _, name := range slices.Sorted(maps.Keys(a.fields)) {
		is, there := h.Fields[strings.ToLower(name)]
		if !there || !scalarOnly(a.fields[name]) || !scalarOnly(is) {
			continue
		}
		if !sameJSON(a.fields[name], is) {
			return false
		}
		compared++
	}
	return compared > 0
}

// scalarOnly leaves out what Moka shows in another form: dates, lists, objects.
func scalarOnly(raw json.RawMessage) bool {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 || raw[0] == '[' || raw[0] == '{' {
		return false
	}
	var text string
	if json.Unmarshal(raw, &text) == nil {
		_, err := time.Parse(time.DateOnly, text[:min(len(text), len(time.DateOnly))])
		return err != nil
	}
	return true
}

func (a *changeHeadcount) superseded(v *View, asked time.Time, own []Change) string {
	// One that was never changed was made then, maybe by a command of the same
	// second: whoever asks knows it as it is.
	if h := v.Headcount; h != nil && a.Operation != schemas.HeadcountOperationCreate && !h.UpdatedAt.Equal(h.CreatedAt) &&
		later(h.UpdatedAt, asked) && !ours(own, countField, "", h.UpdatedAt) {
		return "somebody changed the headcount " + moment(h.UpdatedAt)
	}
	return ""
}

func find(object map[string]json.RawMessage, name string) (json.RawMessage, bool) {
	for k, v := range object {
		if strings.EqualFold(k, name) {
			return v, true
		}
	}
	return nil, false
}

func sameJSON(a, b json.RawMessage) bool {
	var x, y any
	if json.Unmarshal(a, &x) != nil || json.Unmarshal(b, &y) != nil {
		return false
	}
	return *jsonText(x) == *jsonText(y)
}
