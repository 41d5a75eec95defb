package content_test

import (
	"math/big"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/mokafka/mokafka/ingest/content"
	"github.com/mokafka/mokafka/ingest/normalize"
	"github.com/mokafka/mokafka/schemas"
	"github.com/mokafka/mokafka/schemas/avsc"
)

func ptr[T any](v T) *T { return &v }

func newModel(t testing.TB) *content.Model {
	t.Helper()
	bundle, err := avsc.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	m, err := content.New(bundle, schemas.Candidate{}, schemas.Offer{}, schemas.Interview{}, schemas.Headcount{})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

var noon = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

func person() *schemas.Candidate {
	return &schemas.Candidate{
		OrgID: "demo", ApplicationID: 7, Name: ptr("张三"), MovedAt: ptr(noon), Archived: ptr(false),
		Stage: &schemas.Stage{ID: ptr(int64(1)), Name: ptr("面试")}, ResumeURL: ptr("https://example.com/a?sign=1"),
		Labels: []schemas.Label{{Name: ptr("l")}}, Extra: map[string]string{"a": "1", "b": "2"},
	}
}

// changes alter a person in one place each; their names are what Changed says.
var changes = map[string]func(*schemas.Candidate){
	"name":           func(c *schemas.Candidate) { c.Name = ptr("李四") },
	"moved_at":       func(c *schemas.Candidate) { c.MovedAt = ptr(noon.Add(time.Millisecond)) },
	"archived":       func(c *schemas.Candidate) { c.Archived = nil },
	"stage.id":       func(c *schemas.Candidate) { c.Stage = &schemas.Stage{ID: ptr(int64(2)), Name: ptr("面试")} },
	"stage":          func(c *schemas.Candidate) { c.Stage = nil },
	"resume_url":     func(c *schemas.Candidate) { c.ResumeURL = ptr("https://example.com/b?sign=1") },
	"labels":         func(c *schemas.Candidate) { c.Labels = append(c.Labels, schemas.Label{}) },
	"extra":          func(c *schemas.Candidate) { c.Extra = map[string]string{"a": "2", "b": "1"} },
	"application_id": func(c *schemas.Candidate) { c.ApplicationID = 8 },
}

func TestEveryChangeIsNamedAndHasAFingerprintOfItsOwn(t *testing.T) {
	m := newModel(t)
	seen := map[uint64]string{m.Fingerprint(person()): "nothing"}
	for name, change := range changes {
		c := person()
		change(c)
		if d := cmp.Diff([]string{name}, m.Changed(person(), c)); d != "" || m.Equal(person(), c) {
			t.Errorf("%s: equal %t, changed:\n%s", name, m.Equal(person(), c), d)
		}
		if other, ok := seen[m.Fingerprint(c)]; ok {
			t.Errorf("%s and %s have one fingerprint", name, other)
		}
		seen[m.Fingerprint(c)] = name
	}
}

func TestAnotherSignatureAnotherZoneAndAnotherFractionAreNoChange(t *testing.T) {
	m := newModel(t)
	c := person()
	c.ResumeURL, c.MovedAt = ptr("https://example.com/a?sign=2"), ptr(noon.In(time.FixedZone("Beijing", 8*3600)))
	if got := m.Changed(person(), c); got != nil || !m.Equal(person(), c) || m.Fingerprint(person()) != m.Fingerprint(c) {
		t.Errorf("changed: %v", got)
	}
	one, same := &schemas.Offer{SalaryAmount: big.NewRat(1, 2)}, &schemas.Offer{SalaryAmount: big.NewRat(2, 4)}
	if !m.Equal(one, same) || m.Fingerprint(one) != m.Fingerprint(same) {
		t.Error("a half and two quarters differ")
	}
}

func TestSignedLinksWithinTexts(t *testing.T) {
	m := newModel(t)
	with := func(text string) *schemas.Candidate {
		c := person()
		c.Extra["more"] = text
		c.CustomFields = []schemas.CustomField{{Name: ptr("file"), Value: ptr(text), ValueJSON: ptr(text)}}
		return c
	}
	for name, c := range map[string]struct {
		a, b string
		same bool
	}{
		"signed anew":          {`"https://f.example.com/1.pdf?Expires=1&Signature=a%2B"`, `"https://f.example.com/1.pdf?Expires=2&Signature=b"`, true},
		"by another store":     {`{"url":"https://f.example.com/1?X-Amz-Date=1&X-Amz-Signature=2"}`, `{"url":"https://f.example.com/1?X-Amz-Date=3&X-Amz-Signature=4"}`, true},
		"two in a text":        {`a https://x.example/1?access_token=1 b https://x.example/2?access_token=1`, `a https://x.example/1?access_token=2 b https://x.example/2?access_token=3`, true},
		"another file":         {`"https://f.example.com/1.pdf?Signature=a"`, `"https://f.example.com/2.pdf?Signature=a"`, false},
		"a query that is kept": {`"https://wiki.example.com/page?id=1"`, `"https://wiki.example.com/page?id=2"`, false},
		"the text beside it":   {`[1,"https://f.example.com/1?Signature=a"]`, `[2,"https://f.example.com/1?Signature=a"]`, false},
		"no link":              {`"what? Signature=a"`, `"what? Signature=b"`, false},
	} {
		a, b := with(c.a), with(c.b)
		if got := m.Equal(a, b); got != c.same || (m.Fingerprint(a) == m.Fingerprint(b)) != c.same || (m.Changed(a, b) == nil) != c.same {
			t.Errorf("%s: equal %t, wanted %t; changed %v", name, got, c.same, m.Changed(a, b))
		}
	}
}

// Fingerprints are kept, by states and by poll: they must not change with a build.
func TestFingerprintsStayTheSame(t *testing.T) {
	m := newModel(t)
	const record, observation = uint64(0xc3f6e40afc78fadc), uint64(0xb4d2f74c5d51f7f0)
	if got := m.Fingerprint(person()); got != record {
		t.Errorf("the record's is %#x, was %#x", got, record)
	}
	obs := &normalize.Observation{Act: normalize.Seen, Entity: person(), Carries: []string{"name", "stage"}}
	if got := m.Observation(obs); got != observation {
		t.Errorf("the observation's is %#x, was %#x", got, observation)
	}
}

func TestObservationIsWhatItSaysAndWhatItSpeaksFor(t *testing.T) {
	m := newModel(t)
	base := normalize.Observation{Act: normalize.Seen, Feed: schemas.FeedEhrApplicationsV2, Entity: person(), Carries: []string{"name", "stage"}, ReadAt: noon}
	again := base
	again.ReadAt, again.UpdatedAt, again.OccurredAt, again.Entity = noon.Add(time.Hour), ptr(noon), ptr(noon), person()
	if m.Observation(&base) != m.Observation(&again) {
		t.Error("the same said later has another fingerprint")
	}
	renamed := person()
	renamed.Name = ptr("李四")
	for name, other := range map[string]normalize.Observation{
		"another act":          {Act: normalize.Gone, Entity: person(), Carries: base.Carries},
		"an entity that moved": {Entity: renamed, Carries: base.Carries},
		"a field more":         {Entity: person(), Carries: []string{"archived", "name", "stage"}},
		"no field":             {Entity: person()},
		"fields put together":  {Entity: person(), Carries: []string{"namestage"}},
		"fields cut otherwise": {Entity: person(), Carries: []string{"names", "tage"}},
	} {
		if m.Observation(&other) == m.Observation(&base) {
			t.Errorf("%s has the same fingerprint", name)
		}
	}
}

// Equal, Changed and Fingerprint are of one mind.
func TestTheThreeAgree(t *testing.T) {
	m := newModel(t)
	names := []string{"name", "moved_at", "archived", "stage.id", "stage", "resume_url", "labels", "extra"}
	rapid.Check(t, func(t *rapid.T) {
		draw := func(label string) *schemas.Candidate {
			c := person()
			for _, name := range rapid.SliceOfNDistinct(rapid.SampledFrom(names), 0, 3, rapid.ID[string]).Draw(t, label) {
				changes[name](c)
			}
			return c
		}
		a, b := draw("one"), draw("other")
		equal := m.Equal(a, b)
		if (m.Changed(a, b) == nil) != equal || (m.Fingerprint(a) == m.Fingerprint(b)) != equal {
			t.Fatalf("equal %t, changed %v, fingerprints %x and %x", equal, m.Changed(a, b), m.Fingerprint(a), m.Fingerprint(b))
		}
	})
}

func TestTextOfAField(t *testing.T) {
	m := newModel(t)
	offer := &schemas.Offer{Status: ptr(schemas.OfferStatusAccepted), SalaryAmount: big.NewRat(17, 2), StartDate: ptr(time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC))}
	for _, c := range []struct {
		record any
		field  string
		text   string
		want   bool
	}{
		{person(), "stage.id", "1", true}, {person(), "stage.id", "01", false}, {person(), "stage.name", "面试", true},
		{person(), "archived", "false", true}, {person(), "archived", "", false}, {person(), "name", "张三", true},
		{person(), "moved_at", "2026-01-01T12:00:00Z", true}, {person(), "moved_at", "2026-01-01T20:00:00.0009+08:00", true},
		{person(), "moved_at", "noon", false}, {person(), "hired_at", "2026-01-01T12:00:00Z", false},
		{person(), "stage", "1", false}, {person(), "stage.type", "UNKNOWN", false}, {person(), "labels", "l", false},
		{person(), "labels.name", "l", false}, {person(), "name.first", "张", false}, {person(), "nobody", "", false},
		{&schemas.Candidate{}, "stage.id", "1", false},
		{offer, "status", "ACCEPTED", true}, {offer, "status", "SENT", false}, {offer, "salary_amount", "8.50", true},
		{offer, "start_date", "2026-03-01", true}, {offer, "start_date", "2026-03-01T00:00:00Z", true}, {offer, "start_date", "2026-03-02", false},
	} {
		if got := m.Shows(c.record, c.field, c.text); got != c.want {
			t.Errorf("%s shows %q: %t", c.field, c.text, got)
		}
	}
	candidate := reflect.TypeFor[schemas.Candidate]()
	for field, want := range map[string]bool{
		"name": true, "stage.id": true, "archived": true, "hired_at": true, "job.department.code": true, "headcount_id": true,
		"stage": false, "stage.none": false, "labels": false, "labels.name": false, "extra": false, "extra.a": false, "": false, "name.x": false,
	} {
		if got := m.Has(candidate, field); got != want {
			t.Errorf("has %q: %t", field, got)
		}
	}
}
