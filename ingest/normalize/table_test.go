package normalize

import (
	"encoding/json"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/mokafka/mokafka/schemas/avsc"
)

// tables are those that fill the records, several some of them.
var tables = []*record{
	person, customField, attachment, department, headcountRef, jobRank, education, workExperience, internship,
	project, award, language, label, talentPool, remark, examFile, survey, sourceLevel, stage, assignment, job,
	candidate, applicationItem, examInfo, trialInfo, exam, workTrial, activity,
	offer, offerAttachment, offerSending, location, interviewer, interviewee,
	arrangement, interview, interviewItem, interviewListed, feedbackInterview, satisfactionRecord, satisfactionDimension,
	feedbackSubject, feedbackSection, feedbackForm, pushedInterview, interviewerFeedback, feedbackGiven,
	headcount, jobFunction, address, priority,
}

// elsewhere are fields that no table fills: ids, extra, and what no feed tells.
var elsewhere = map[string]string{
	"Candidate":         "org_id application_id external_id extra resigned_at",
	"Offer":             "org_id application_id candidate_id extra",
	"Interview":         "org_id application_id interview_id candidate_id extra",
	"Headcount":         "org_id headcount_id extra",
	"InterviewLocation": "info",
}

// otherPlaces are keys that a field's doc names, which stand beside the record or
// in other feeds.
var otherPlaces = map[string]string{
	"Interview":         "candidates",
	"InterviewLocation": "locationId locationCountry locationCityId locationAddress locationInfo",
	"Department":        "department",
	"Stage":             "stageName",
}

type avroField struct {
	Name string
	Type any
	Doc  string
}

func avroFields(t *testing.T, record string) []avroField {
	t.Helper()
	bundle, err := avsc.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	var schema struct{ Fields []avroField }
	if err := json.Unmarshal([]byte(bundle[record]), &schema); err != nil {
		t.Fatal(err)
	}
	return schema.Fields
}

// TestTablesFillTheSchemas: every field of a record has a key that fills it, and
// every key that the schema's doc names is in the table, for that field.
func TestTablesFillTheSchemas(t *testing.T) {
	simple := regexp.MustCompile(`^[a-z][A-Za-z0-9_]*$`)
	byName := map[string][]*record{}
	for _, rec := range tables {
		byName[rec.typ.Name()] = append(byName[rec.typ.Name()], rec)
	}
	for name, recs := range byName {
		for _, field := range avroFields(t, name) {
			if slices.Contains(strings.Fields(elsewhere[name]), field.Name) {
				continue
			}
			if !slices.ContainsFunc(recs, func(rec *record) bool { return fills(rec, field.Name, "") }) &&
				field.Name != "value_json" {
				t.Errorf("no key fills %s.%s", name, field.Name)
			}
			_, moka, _ := strings.Cut(field.Doc, "Moka: ")
			moka, _, _ = strings.Cut(strings.TrimSuffix(moka, "."), ";")
			for key := range strings.SplitSeq(moka, ", ") {
				if !simple.MatchString(key) || slices.Contains(strings.Fields(otherPlaces[name]), key) {
					continue
				}
				if !slices.ContainsFunc(recs, func(rec *record) bool { return fills(rec, field.Name, key) }) {
					t.Errorf("the doc of %s.%s says that Moka has it as %s; the table does not", name, field.Name, key)
				}
			}
		}
	}
}

// fills reports whether a key of the table fills the field, any one if key is "".
func fills(rec *record, field, key string) bool {
	return slices.ContainsFunc(rec.rows, func(w row) bool {
		return (key == "" || strings.EqualFold(w.key, key)) && (w.speaks.has(rec.bit(field)) || field == "value_json" && key != "")
	})
}

// TestTablesSuitLogicalTypes: Go has one type for times and dates.
func TestTablesSuitLogicalTypes(t *testing.T) {
	for _, rec := range tables {
		for _, field := range avroFields(t, rec.typ.Name()) {
			logical := ""
			if union, ok := field.Type.([]any); ok {
				if typ, ok := union[1].(map[string]any); ok {
					logical, _ = typ["logicalType"].(string)
				}
			}
			want := map[string]string{"date": "day", "timestamp-millis": "instant", "decimal": "decimal"}[logical]
			for _, w := range rec.rows {
				if w.field != field.Name {
					continue
				}
				if times := []string{"day", "instant", "decimal"}; want != w.kind.name && (want != "" || slices.Contains(times, w.kind.name)) {
					t.Errorf("%s.%s is a %q, and its key %s is read as %s", rec.typ.Name(), field.Name, logical, w.key, w.kind.name)
				}
			}
		}
	}
}

// TestEveryEnumSymbolHasAWord: each symbol of each enum can be reached, but for
// UNKNOWN.
func TestEveryEnumSymbolHasAWord(t *testing.T) {
	bundle, err := avsc.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	for _, words := range []any{
		genders, maritalStatuses, identityDocumentTypes, hireModes, sourceTypes, stageTypes, invitationUpdateStatuses,
		labelTypes, attachmentTypes, examTypes, jobStatuses, offerStatuses, approvalStatuses, salaryTypes,
		offerAttachmentTypes, offerAnswerChannels, interviewTypes, interviewStatuses, attendanceStatuses,
		activityTypes, headcountApprovalStatuses,
	} {
		m := reflect.ValueOf(words)
		reached := map[string]bool{"UNKNOWN": true}
		for it := m.MapRange(); it.Next(); {
			reached[it.Value().String()] = true
			if word := it.Key().String(); word != strings.ToLower(strings.TrimSpace(word)) || word == "" {
				t.Errorf("%s: %q will not be found", m.Type().Elem(), word)
			}
		}
		var enum struct{ Symbols []string }
		if err := json.Unmarshal([]byte(bundle[m.Type().Elem().Name()]), &enum); err != nil {
			t.Fatal(err)
		}
		for _, symbol := range enum.Symbols {
			if !reached[symbol] {
				t.Errorf("no word of Moka's leads to %s.%s", m.Type().Elem().Name(), symbol)
			}
		}
	}
}

// TestTableMistakesAreFound: a table that does not suit its type stops the
// program at its start.
func TestTableMistakesAreFound(t *testing.T) {
	type thing struct {
		Name *string `avro:"name"`
	}
	for what, table := range map[string]map[string]row{
		"another type": {"name": long("name")},
		"no field":     {"name": text("title")},
		"twice":        {"name": text("name"), "Name": text("name")},
	} {
		t.Run(what, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("it was taken")
				}
			}()
			recordOf[thing](table)
		})
	}
}
