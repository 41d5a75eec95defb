package crash_test

import (
	"slices"
	"strconv"
	"time"

	"github.com/mokafka/mokafka/internal/mokasim"
	"github.com/mokafka/mokafka/internal/mokasim/company"
	"github.com/mokafka/mokafka/publish"
)

// step is one change of one fact.
type step struct {
	seq     uint64
	kind    company.Kind
	at      time.Time // by Moka's clock
	real    time.Time // by ours
	was, is string
	quiet   bool
}

// gone is the value of all facts of what does not exist any more; absent of what
// does not exist yet.
const (
	gone   = "gone"
	absent = ""
)

// history is what really happened: the steps of each fact of each entity.
type history struct {
	facts    map[string]map[string][]step
	entries  []mokasim.Entry
	deleted  map[string]time.Time // entities, by the key of their state
	received map[string]bool      // entities that are of this day
	pushes   map[string]uint64    // webhook ids of pushes, and their changes
	met      map[string]map[string]bool
}

// words are the events' for what the log says.
var words = map[string]string{
	company.OfferPending: "PENDING", company.OfferSent: "SENT", company.OfferAccepted: "ACCEPTED", company.OfferRejected: "REJECTED",
	company.ApprovalInProgress: "IN_PROGRESS",
	company.MeetingOpen:        "UNFINISHED", company.MeetingFinished: "FINISHED", company.MeetingCancelled: "CANCELLED",
}

func word(text string) string {
	if its, ok := words[text]; ok {
		return its
	}
	return text
}

func (d *day) history() *history {
	d.t.Helper()
	entries, total, forgotten := d.sim.Entries(0, 10_000_000)
	if forgotten > 0 || int(total) != len(entries) {
		d.t.Fatalf("the log is not whole: %d of %d", len(entries), total)
	}
	h := &history{
		facts: map[string]map[string][]step{}, entries: entries, deleted: map[string]time.Time{}, received: map[string]bool{},
		pushes: map[string]uint64{}, met: map[string]map[string]bool{},
	}
	for i := range entries {
		h.take(&entries[i])
	}
	return h
}

func (h *history) add(key, fact string, e *mokasim.Entry, was, is string) {
	if h.facts[key] == nil {
		h.facts[key] = map[string][]step{}
	}
	its := h.facts[key][fact]
	if n := len(its); n > 0 {
		if was == absent {
			was = its[n-1].is
		}
		if its[n-1].is == is {
			return // Moka's times are coarse
		}
	}
	h.facts[key][fact] = append(its, step{e.Seq, e.Kind, e.At, e.RealAt, was, is, e.Quiet})
}

func (h *history) take(e *mokasim.Entry) {
	for n, id := range e.ApplicationIDs {
		app := publish.CandidateKey(org, id)
		if e.Kind == company.ApplicationDeleted {
			h.delete(app, e)
			continue
		}
		if !e.Quiet {
			h.add(app, "updated_at", e, absent, stamp(e.At))
		}
		h.application(app, id, n, e)
	}
	if e.HeadcountID != 0 {
		h.headcount(publish.HeadcountKey(org, e.HeadcountID), e)
	}
	if e.Kind == company.EHRPushed {
		h.pushes[e.WebhookID] = e.Seq
	}
}

func (h *history) application(app string, id int64, n int, e *mokasim.Entry) {
	offer := publish.OfferKey(org, id)
	switch e.Kind {
	case company.ApplicationReceived:
		h.received[app] = true
		h.add(app, "stage", e, absent, e.Is)
	case company.StageMoved:
		h.add(app, "stage", e, e.Was, e.Is)
	case company.Hired:
		h.add(app, "hired", e, "false", "true")
		h.add(app, "archived", e, "false", "true")
	case company.ApplicationArchived, company.ApplicationRestored:
		h.add(app, "archived", e, e.Was, e.Is)
	case company.OfferCreated:
		h.received[offer] = true
		h.add(offer, "offer_status", e, absent, word(e.Is))
		h.add(offer, "offer_approval", e, absent, company.ApprovalUninitiated)
	case company.OfferSentOut, company.OfferAnswered:
		h.add(offer, "offer_status", e, word(e.Was), word(e.Is))
	case company.OfferApprovalMoved:
		h.add(offer, "offer_approval", e, word(e.Was), word(e.Is))
	case company.InterviewArranged, company.InterviewUpdated, company.InterviewCancelled, company.InterviewFinished, company.FeedbackGiven:
		at := 0
		if len(e.InterviewIDs) > 1 {
			at = n // in a row: each application has its own
		}
		h.interview(publish.InterviewKey(org, id, strconv.FormatInt(e.InterviewIDs[at], 10)), app, at, e)
	}
}

func (h *history) interview(key, app string, at int, e *mokasim.Entry) {
	if h.met[app] == nil {
		h.met[app] = map[string]bool{}
	}
	h.met[app][key] = true
	switch e.Kind {
	case company.InterviewArranged:
		h.received[key] = true
		h.add(key, "interview_status", e, absent, word(e.Is))
	case company.InterviewUpdated:
		if at == 0 { // the log tells of the first of several in a row
			h.add(key, "starts_at", e, e.Was, e.Is)
		}
	case company.FeedbackGiven:
		h.add(key, "feedback", e, "false", "true")
	default:
		h.add(key, "interview_status", e, word(e.Was), word(e.Is))
	}
}

func (h *history) headcount(key string, e *mokasim.Entry) {
	switch e.Kind {
	case company.HeadcountDeleted:
		h.delete(key, e)
		return
	case company.HeadcountOpened:
		h.received[key] = true
	}
	switch e.Field {
	case company.FieldHeadcountStatus:
		h.add(key, "headcount_status", e, e.Was, e.Is)
	case company.FieldHeadcountNeed:
		h.add(key, "headcount_need", e, e.Was, e.Is)
	}
	h.add(key, "updated_at", e, absent, stamp(e.At))
}

// delete ends an entity; with an application go its offer and its interviews,
// those of earlier days as well.
func (h *history) delete(key string, e *mokasim.Entry) { h.deleted[key] = e.RealAt }

// known tells which of the entities that are of an application there are in the
// history.
func (h *history) sorted() []string {
	var keys []string
	for key := range h.facts {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
