package audit_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mokafka/mokafka/ingest/audit"
	"github.com/mokafka/mokafka/internal/moka"
	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
)

// outlines are findings in short.
func outlines(r audit.Report) []string {
	var all []string
	for _, f := range r.Findings {
		line := string(f.Kind) + " " + f.Family + " " + f.Key
		switch {
		case f.Copy:
			line += " (copy)"
		case f.Unannounced:
			line += " (unannounced)"
		}
		if len(f.Fields) > 0 {
			line += ": " + strings.Join(f.Fields, " ")
		}
		if f.Reason != "" {
			line += ": " + f.Reason
		}
		all = append(all, line)
	}
	return all
}

// finds audits, and is complete where nothing is found.
func (h *house) finds(change func(*audit.Config), want ...string) audit.Report {
	h.t.Helper()
	r := h.audited(change, want...)
	if r.Complete != (len(want) == 0) {
		h.t.Errorf("complete: %t", r.Complete)
	}
	return r
}

func (h *house) audited(change func(*audit.Config), want ...string) audit.Report {
	h.t.Helper()
	r, err := h.audit(change)
	if err != nil {
		h.t.Fatal(err)
	}
	if d := cmp.Diff(want, outlines(r)); d != "" {
		h.t.Errorf("findings (-want +got):\n%s", d)
	}
	return r
}

// TestGapsAreNamed: a picture that is complete, and what is named after gaps were
// made by hand.
func TestGapsAreNamed(t *testing.T) {
	h := newHouse(t)
	for id := range int64(5) {
		h.application(100 + id)
	}
	for id := range int64(3) {
		h.headcount(7 + id)
	}
	h.derived()
	r := h.finds(nil)
	if r.Applications != 5 || r.Headcounts != 3 || r.States != 8 || r.Calls == 0 || len(h.slept) != 0 {
		t.Errorf("%+v, slept %v", r, h.slept)
	}

	h.write(publish.Candidates, "acme:app:100", nil)                                                                 // never written
	h.write(publish.Offers, "acme:app:101:offer", nil)                                                               // nor this
	h.application(102, "name 2007", "another name")                                                                  // changed, and nobody said so
	h.write(publish.Candidates, "acme:app:103", h.deleted())                                                         // taken for deleted
	delete(h.applications, 104)                                                                                      // deleted in Moka
	h.headcount(8, `"needNumber": 5`, `"needNumber": 6`, updated, "2026-03-01T09:00:00.000Z")                        // changed
	h.write(publish.Headcounts, "acme:hc:9", nil)                                                                    // never written
	h.headcounts[10] = moka.Item{ID: 10, UpdatedAt: now.AddDate(0, -2, 0), Body: []byte(`{"id":10,"number":"old"}`)} // long ago, and unknown
	delete(h.headcounts, 7)
	item := h.headcounts[8]
	item.UpdatedAt = item.UpdatedAt.Add(time.Hour)
	h.headcounts[8] = item
	r = h.finds(nil,
		"deleted candidates acme:app:103",
		"different candidates acme:app:102 (unannounced): name",
		"different headcounts acme:hc:8: needed updated_at",
		"gone candidates acme:app:104",
		"gone headcounts acme:hc:7",
		"missing candidates acme:app:100",
		"missing headcounts acme:hc:10",
		"missing headcounts acme:hc:9",
		"missing offers acme:app:101:offer",
	)
	if len(h.slept) != 1 || h.slept[0] != time.Minute || r.Settled != 0 {
		t.Errorf("slept %v, settled %d", h.slept, r.Settled)
	}
	for _, f := range r.Findings {
		if f.UpdatedAt == nil && f.Key != "acme:hc:10" {
			t.Errorf("%s has no time", f.Key)
		}
	}
	h.finds(func(c *audit.Config) { c.Applications = false },
		"different headcounts acme:hc:8: needed updated_at", "gone headcounts acme:hc:7",
		"missing headcounts acme:hc:10", "missing headcounts acme:hc:9")
}

func (h *house) deleted() *schemas.CandidateState {
	at := now.Add(-time.Minute)
	return &schemas.CandidateState{Version: 1, DeletedAt: &at, ChangedAt: at, Fingerprint: "0", Claims: []schemas.Claim{}}
}

// TestCopiesLeaveItComplete: what an application shows of others may be old, but
// not which job it is for, nor anything of its own beside it.
func TestCopiesLeaveItComplete(t *testing.T) {
	h := newHouse(t)
	for id := range int64(3) {
		h.application(100 + id)
	}
	h.derived()
	h.application(100, `"name 2388"`, `"another place"`)
	if r := h.audited(nil, "different candidates acme:app:100 (copy): job.headcounts"); !r.Complete {
		t.Error("a copy makes it incomplete")
	}
	h.application(101, `"name 2388"`, `"another place"`, "name 2007", "another name")
	r := h.audited(nil, "different candidates acme:app:100 (copy): job.headcounts",
		"different candidates acme:app:101 (unannounced): job.headcounts name")
	if r.Complete {
		t.Error("another name is no copy")
	}
}

// TestLateNewsSettle: what arrives between the two looks is no finding.
func TestLateNewsSettle(t *testing.T) {
	h := newHouse(t)
	h.application(100)
	h.headcount(7)
	h.onSleep = h.derived
	r := h.finds(nil)
	if r.Settled < 2 {
		t.Errorf("settled %d", r.Settled)
	}
}

// TestOldOnesAreLeftOut: what was updated before the range is not looked at.
func TestOldOnesAreLeftOut(t *testing.T) {
	h := newHouse(t)
	h.application(100)
	h.derived()
	delete(h.applications, 100)
	h.finds(func(c *audit.Config) { c.Since = now })
	h.finds(nil, "gone candidates acme:app:100")
}

func TestUnreadableItemsAreNamed(t *testing.T) {
	h := newHouse(t)
	h.applications[100] = moka.Item{ID: 100, UpdatedAt: now.Add(-time.Hour), Body: []byte(`{"basicInfo":`)}
	h.finds(nil, "unreadable candidates acme:app:100: malformed")
}

// TestNoHalfAudit: trouble is an error, not a report.
func TestNoHalfAudit(t *testing.T) {
	h := newHouse(t)
	h.application(100)
	h.derived()
	h.refuse = &moka.Error{Kind: moka.KindAuth, Endpoint: "v2/data/ehrApplications"}
	if _, err := h.audit(nil); moka.KindOf(err) != moka.KindAuth {
		t.Errorf("a wrong key: %v", err)
	}
	h.refuse, h.circle = nil, true
	if _, err := h.audit(nil); err == nil || !strings.Contains(err.Error(), "circles") {
		t.Errorf("a chain in circles: %v", err)
	}
	h.circle, h.refuse = false, errors.New("broken")
	if r, err := h.audit(nil); err == nil || r.Complete {
		t.Errorf("%+v and %v", r, err)
	}
	_, err := audit.New(audit.Config{Settle: -1}, audit.Deps{})
	for _, fault := range []string{"organisation", "range", "nothing to look at", "less than 0"} {
		if err == nil || !strings.Contains(err.Error(), fault) {
			t.Errorf("%v does not speak of %q", err, fault)
		}
	}
}
