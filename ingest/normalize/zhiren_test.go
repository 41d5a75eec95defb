package normalize_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mokafka/mokafka/ingest/normalize"
	"github.com/mokafka/mokafka/schemas"
)

// fromZhiren is a push as the Zhiren door journals it.
func fromZhiren(external string, body []byte) *schemas.JournalEntry {
	e := entry("pushCandidate", schemas.DerivedApplicationID(external), body)
	triggered := time.Date(2017, 9, 13, 9, 51, 27, 0, time.UTC)
	e.Endpoint, e.TriggeredAt = "webhook/zhiren", &triggered
	return e
}

func isClass(err error, class normalize.Class) bool {
	var known *normalize.Error
	return errors.As(err, &known) && known.Class == class
}

// TestZhirenTwin: Moka's documented payload and the same candidate in
// pushCandidate's form are the same, but for who it is.
func TestZhirenTwin(t *testing.T) {
	zhiren := observeEntry(t, fromZhiren("6XYfZGL4RWFfjSEpsEpdJ2eB", file(t, "zhiren_candidate.json")))
	rest := observeEntry(t, entry("pushCandidate", 1, file(t, "zhiren_candidate.twin.json")))
	c := zhiren[0].Entity.(*schemas.Candidate)
	if c.ExternalID == nil || *c.ExternalID != "6XYfZGL4RWFfjSEpsEpdJ2eB" || c.CandidateID != nil || c.ApplicationID >= 0 {
		t.Errorf("%v %v %v", c.ExternalID, c.CandidateID, c.ApplicationID)
	}
	if *c.Gender != schemas.GenderMale || *c.HighestDegree != "本科" || *c.MaritalStatus != schemas.MaritalStatusSingle || *c.Job.Title != "前端工程师" {
		t.Errorf("%v %v %v %v", *c.Gender, *c.HighestDegree, *c.MaritalStatus, *c.Job.Title)
	}
	c.ExternalID, c.ApplicationID = nil, 1
	zhiren[0].Carries = slices.DeleteFunc(zhiren[0].Carries, func(field string) bool { return field == "external_id" })
	for _, d := range differences(t, zhiren, rest) {
		t.Error(d)
	}
}

// TestZhirenOffer: the offer, of which the document shows an empty text, has the
// keys of its cousins, and its files come in every form that they may.
func TestZhirenOffer(t *testing.T) {
	read := func(members string) []normalize.Observation {
		t.Helper()
		return observeEntry(t, fromZhiren("8030", []byte(`{"id":8030`+members+`}`)))
	}
	all := read(`,"offerInfo":{"salaryNumber":"8000","checkinDate":"2018-5-3","brandNew":1},"offerAttachmentUrls":["http://a/1","",{"name":"x","downloadUrl":"http://a/2"}]`)
	if c := all[0].Entity.(*schemas.Candidate); c.CandidateID == nil || *c.CandidateID != 8030 || *c.ExternalID != "8030" {
		t.Errorf("a number is the candidate's id too: %v %v", c.CandidateID, c.ExternalID)
	}
	o := all[1].Entity.(*schemas.Offer)
	got := []any{o.ApplicationID, *o.CandidateID, o.SalaryAmount.FloatString(0), len(o.Attachments), *o.Attachments[0].URL, *o.Attachments[1].URL, o.Extra, all[1].Carries}
	want := []any{
		schemas.DerivedApplicationID("8030"), int64(8030), "8000", 2, "http://a/1", "http://a/2", map[string]string{"offerInfo.brandNew": "1"},
		[]string{"attachments", "candidate_id", "extra", "salary_amount", "start_date"},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	for _, files := range []string{`"http://a/1"`, `["http://a/1"]`, `"[\"http://a/1\"]"`, `{"downloadUrl":"http://a/1"}`} {
		if all := read(`,"offerAttachmentUrls":` + files); len(all) != 2 || *all[1].Entity.(*schemas.Offer).Attachments[0].URL != "http://a/1" {
			t.Errorf("%s: %v", files, all)
		}
	}
	if all := read(`,"offerInfo":"","offerAttachmentUrls":"","some":{"new":"key"}`); len(all) != 1 ||
		all[0].Entity.(*schemas.Candidate).Extra["some"] != `{"new":"key"}` {
		t.Errorf("%v", all)
	}
}

func TestZhirenFaults(t *testing.T) {
	for body, class := range map[string]normalize.Class{
		`[]`: normalize.Malformed, `{"id":"a"`: normalize.Malformed, `{"id":"a"} x`: normalize.Malformed,
		`{"name":"x"}`: normalize.MissingID, `{"id":" "}`: normalize.MissingID, `{"id":{"a":1}}`: normalize.MissingID,
		`{"id":"b"}`: normalize.WrongApplication,
	} {
		if _, err := normalize.Entry(fromZhiren("a", []byte(body)), normalize.Options{}); !isClass(err, class) {
			t.Errorf("%s: %v, want %s", body, err, class)
		}
	}
}

// FuzzZhiren: any payload gives sound observations, or a permanent error.
func FuzzZhiren(f *testing.F) {
	f.Add(file(f, "zhiren_candidate.json"))
	f.Add([]byte(`{"id":"6XYfZGL4RWFfjSEpsEpdJ2eB","offerInfo":[{}],"offerAttachmentUrls":[1,{"x":[]},"[]"],"offerInfo":{"a":1},"offerAttachmentUrls":{"b":2}}`))
	codec, err := schemas.NewCodec()
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, body []byte) { sound(t, codec, fromZhiren("6XYfZGL4RWFfjSEpsEpdJ2eB", body)) })
}
