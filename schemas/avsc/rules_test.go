package avsc_test

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mokafka/mokafka/schemas/avsc"
)

// The rules of the house for the schemas themselves: what a consumer who looks
// at one may count on for all of them.

type schema struct {
	Type, Name, Namespace, Doc string
	Symbols                    []string
	Default                    any
	Fields                     []field
}

type field struct {
	Name, Doc string
	Type      any
	Default   json.RawMessage
	Tags      []string `json:"confluent:tags"`
}

// all are the schemas of this build, by name.
func all(t *testing.T) map[string]schema {
	t.Helper()
	bundle, err := avsc.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]schema{}
	for name, text := range bundle {
		var s schema
		if err := json.Unmarshal([]byte(text), &s); err != nil {
			t.Fatal(err)
		}
		found[name] = s
	}
	return found
}

func TestEverythingIsDocumentedAndNamedAlike(t *testing.T) {
	snake := regexp.MustCompile(`^[a-z][a-z0-9]*(_[a-z0-9]+)*$`)
	for name, s := range all(t) {
		t.Run(name, func(t *testing.T) {
			if s.Doc == "" {
				t.Error("no doc")
			}
			for _, f := range s.Fields {
				if len(f.Doc) < 4 {
					t.Errorf("%s: no doc", f.Name)
				}
				if !snake.MatchString(f.Name) {
					t.Errorf("%s: not in snake_case", f.Name)
				}
			}
		})
	}
}

// Enums take in what they do not know: a new symbol reaches old consumers as UNKNOWN.
func TestEnumsHaveUnknown(t *testing.T) {
	for name, s := range all(t) {
		t.Run(name, func(t *testing.T) {
			if s.Type != "enum" {
				return
			}
			if s.Default != "UNKNOWN" || s.Symbols[0] != "UNKNOWN" {
				t.Errorf("the first symbol is %s and the default %v, both must be UNKNOWN", s.Symbols[0], s.Default)
			}
		})
	}
}

// required are the fields without a default: what has a value whoever writes it.
// A field added here breaks everybody who has older data.
var required = map[string][]string{
	"Candidate":        {"org_id", "application_id"},
	"Offer":            {"org_id", "application_id"},
	"Interview":        {"org_id", "application_id", "interview_id"},
	"Headcount":        {"org_id", "headcount_id"},
	"CandidateEvent":   {"event_id", "type", "op", "org_id", "application_id", "observed_at", "version", "source"},
	"OfferEvent":       {"event_id", "type", "op", "org_id", "application_id", "observed_at", "version", "source"},
	"InterviewEvent":   {"event_id", "type", "op", "org_id", "application_id", "interview_id", "observed_at", "version", "source"},
	"HeadcountEvent":   {"event_id", "type", "op", "org_id", "headcount_id", "observed_at", "version", "source"},
	"CandidateState":   {"version", "fingerprint", "event_id", "changed_at"},
	"OfferState":       {"version", "fingerprint", "event_id", "changed_at"},
	"InterviewState":   {"version", "fingerprint", "event_id", "changed_at"},
	"HeadcountState":   {"version", "fingerprint", "event_id", "changed_at"},
	"EventSource":      {"channel", "endpoint", "journal_partition", "journal_offset", "mapper_revision"},
	"Claim":            {"feed", "read_at"},
	"PendingCommand":   {"command_id", "field", "since"},
	"Checkpoint":       {"org_id", "feed", "items", "saved_at"},
	"JournalEntry":     {"entry_id", "org_id", "channel", "endpoint", "received_at", "content_type", "body"},
	"DeadLetter":       {"id", "stage", "error_class", "error_text", "occurred_at", "attempts", "content_type", "body"},
	"RecordOrigin":     {"topic", "partition", "offset"},
	"WritebackCommand": {"command_id", "org_id", "requested_by", "requested_at"},
	"WritebackResult":  {"command_id", "org_id", "action", "outcome", "parameter_hash", "attempts", "requested_at"},
	"MarkHired":        {"hired_at", "probation_months"},
	"SetOfferApproval": {"decision"},
	"FakeOffer":        {"operation"},
	"ChangeHeadcount":  {"operation"},
}

// Optional fields are null by default, lists and maps empty.
func TestDefaults(t *testing.T) {
	for name, s := range all(t) {
		t.Run(name, func(t *testing.T) {
			var without []string
			for _, f := range s.Fields {
				if f.Default == nil {
					without = append(without, f.Name)
				}
				want := ""
				switch typ := f.Type.(type) {
				case []any:
					if len(typ) != 2 || typ[0] != "null" {
						t.Errorf("%s: a union is [\"null\", …] and one type", f.Name)
					}
					want = "null"
				case map[string]any:
					want = map[any]string{"array": "[]", "map": "{}"}[typ["type"]]
				}
				if want != "" && string(f.Default) != want {
					t.Errorf("%s: default %s, want %s", f.Name, f.Default, want)
				}
			}
			if d := cmp.Diff(required[s.Name], without); d != "" {
				t.Errorf("fields without a default (-wanted +found):\n%s", d)
			}
		})
	}
}

// personal are the last words of names that mean personal data wherever they
// stand, sensitive those that ask for more care. notPersonal are the exceptions,
// each with its reason. A field that holds a record is tagged inside.
var (
	personal = regexp.MustCompile(`(^|_)(name|phone|emails?|employee_(number|ids?)|birth(_(year|date))?|gender|nationality|ethnicity|` +
		`native_place|marital_status|political_status|identity_document_(type|number)|id_card_[a-z]+|salary(_amount)?|school|major|degree|` +
		`company|url|content|feedback|extra|body|value|value_json|summary|resume|remark|location|address|leader|hobbies|skills|score|result|` +
		`reason|blacklist_[a-z]+)$`)
	sensitive   = regexp.MustCompile(`(^|_)(identity|id_card|ethnicity|political|salary)(_|$)`)
	notPersonal = map[string]string{
		"Activity.from_stage_name":     "a stage",
		"Activity.to_stage_name":       "a stage",
		"Address.address":              "where the company is",
		"Assignment.result":            "what became of a notice",
		"Attachment.custom_field_name": "a field",
		"Candidate.archive_reason":     "one of the customer's list; what was typed is in archive_reason_details",
		"Candidate.headcount_name":     "a headcount",
		"Candidate.pipeline_name":      "a pipeline",
		"CustomField.name":             "a field",
		"Department.name":              "a department",
		"Department.parent_name":       "a department",
		"Exam.name":                    "an exam",
		"FeedbackForm.name":            "a form",
		"FeedbackSection.needs_reason": "whether one is asked for",
		"FeedbackSubject.needs_reason": "whether one is asked for",
		"Headcount.name":               "a headcount",
		"Headcount.salary_unit":        "a currency, not an amount",
		"HeadcountRef.name":            "a headcount",
		"Interview.meeting_room_name":  "a room",
		"Interview.round_english_name": "a round",
		"Interview.round_name":         "a round",
		"Interview.stage_name":         "a stage",
		"InterviewLocation.address":    "where the company is",
		"Job.attribute_name":           "an attribute of jobs",
		"Job.priority_name":            "a priority",
		"JobFunction.name":             "a function",
		"JobRank.name":                 "a rank",
		"Label.name":                   "a label",
		"MarkResigned.job_name":        "a position",
		"MoveStage.stage_name":         "a stage",
		"Offer.location":               "where the company is",
		"Priority.name":                "a priority",
		"PushedInterview.round_name":   "a round",
		"SatisfactionDimension.name":   "a question",
		"SourceLevel.name":             "a channel",
		"Stage.name":                   "a stage",
		"Survey.name":                  "a kind of survey",
		"TalentPool.name":              "a pool",
		"WorkTrial.location":           "where the company is",
		"WritebackResult.reason":       "written by mokafka, which leaves personal data out",
	}
)

func TestPersonalDataIsTagged(t *testing.T) {
	schemas := all(t)
	met := map[string]bool{}
	for name, s := range schemas {
		t.Run(name, func(t *testing.T) {
			for _, f := range s.Fields {
				at := s.Name + "." + f.Name
				pii := slices.Contains(f.Tags, "PII")
				if slices.ContainsFunc(f.Tags, func(tag string) bool { return tag != "PII" && tag != "SENSITIVE" }) || len(f.Tags) > 0 && !pii {
					t.Errorf("%s: tags %v; there are PII, and PII with SENSITIVE", f.Name, f.Tags)
				}
				_, excused := notPersonal[at]
				met[at] = true
				switch {
				case excused && pii:
					t.Errorf("%s: it is tagged and has an excuse", f.Name)
				case excused:
				case personal.MatchString(f.Name) && !pii && !holdsRecord(schemas, f.Type):
					t.Errorf("%s: its name says personal data, and it has no tag: tag it or give it an excuse here", at)
				case sensitive.MatchString(f.Name) && !slices.Contains(f.Tags, "SENSITIVE"):
					t.Errorf("%s: identity papers, beliefs and salaries are SENSITIVE too", at)
				}
			}
		})
	}
	for at := range notPersonal {
		if !met[at] {
			t.Errorf("%s has an excuse and does not exist", at)
		}
	}
}

func holdsRecord(b map[string]schema, typ any) bool {
	switch typ := typ.(type) {
	case string:
		return b[strings.TrimPrefix(typ, avsc.Namespace+".")].Type == "record"
	case []any:
		return slices.ContainsFunc(typ, func(branch any) bool { return holdsRecord(b, branch) })
	case map[string]any:
		return holdsRecord(b, typ["items"]) || holdsRecord(b, typ["values"])
	}
	return false
}
