package poll_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/mokafka/mokafka/internal/moka"
	"github.com/mokafka/mokafka/schemas"
)

// Whatever other feeds saw meanwhile, no member of the hot set waits for one
// that was seen later.
func TestTheOneSeenLongestAgoIsNext(t *testing.T) {
	cfg := config()
	h := newHouse(t, cfg, t.TempDir(), 60)
	defer h.index.Close()
	const hot = 60
	for id := int64(1); id <= hot; id++ {
		h.account.change(id, false, 0).hot = true
	}
	h.live(t, 15*time.Minute)
	last := map[int64]*row{}
	since := map[int64]time.Time{}
	for n := range int64(200) {
		// One that the feed shows, again and again, and one that changes quietly.
		h.account.change(1+n*7%hot, false, 0)
		id := 1 + (n*7+hot/2)%hot
		last[id], since[id] = h.account.change(id, true, 0), h.clock.now
		h.live(t, 11*time.Second)
		for id, r := range last {
			switch {
			case h.journaled(r) > 0:
				delete(last, id)
			case h.clock.now.Sub(since[id]) > cfg.HotSetMinAge+30*time.Second:
				t.Fatalf("application %d changed %s ago and was not looked at since", id, h.clock.now.Sub(since[id]))
			}
		}
	}
}

// speakers is an account whose interviewers spoke.
type speakers struct {
	*account
	items []moka.Item
}

func (s *speakers) InterviewerFeedbacks(context.Context, moka.Class, moka.FeedQuery) (moka.Page, error) {
	p, err := s.begin()
	p.Items = s.items
	return p, err
}

// An interviewer may speak twice of the same round of an application, and the
// feed shows both at every pass; that it says when, as documented, Moka's sample
// does not show.
func TestTwoFeedbacksOfOneRoundAreJournaledOnce(t *testing.T) {
	t.Parallel()
	for name, times := range map[string][2]time.Time{
		"an hour apart": {start, start.Add(-time.Hour)}, "at the same time": {start, start}, "without a time": {},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := config()
			cfg.FeedbacksInterval = time.Minute
			h := newHouse(t, cfg, t.TempDir(), 60)
			defer h.closeIndex(t)
			s := &speakers{account: h.account}
			for n, at := range times {
				said := ""
				if !at.IsZero() {
					said = fmt.Sprintf(`,"updatedAt":%q`, at.Format(time.RFC3339))
				}
				s.items = append(s.items, moka.Item{ID: 7, ApplicationIDs: []int64{7}, UpdatedAt: at, Body: fmt.Appendf(nil,
					`{"applicationId":7,"round":1,"interviewerName":"x","feedback":"%d"%s}`, n, said)})
			}
			h.api = s
			h.lead(t)
			h.live(t, 30*time.Minute)
			if n := len(h.topic.entries); n != 2 {
				t.Errorf("%d entries of two feedbacks", n)
			}
		})
	}
}

// A call for one application that somebody named has room for 19 more.
func TestHotApplicationsComeAlong(t *testing.T) {
	h := newHouse(t, config(), t.TempDir(), 60)
	defer h.index.Close()
	for id := int64(1); id <= 10; id++ {
		h.account.change(id, false, 0).hot = true
	}
	h.live(t, 15*time.Minute)
	h.account.change(99, false, 0) // the feed is over the others
	h.live(t, 15*time.Minute)
	for before := h.account.byID; h.account.byID == before; {
		h.live(t, time.Second)
	}
	h.live(t, 70*time.Second) // old enough to go along, and not due
	quiet := h.account.change(4, true, 0)
	id, byID := int64(99), h.account.byID
	h.topic.write(&schemas.Checkpoint{OrgID: "org", Feed: "refetch:99", LastID: &id, SavedAt: h.clock.now})
	h.live(t, time.Second)
	if h.account.byID != byID+1 || h.journaled(quiet) != 1 {
		t.Errorf("%d calls by id, and what changed meanwhile is journaled %d times: wanted once each", h.account.byID-byID, h.journaled(quiet))
	}
}

// Where the quota is small, looking for what moves updatedAt leaves calls for
// what does not.
func TestSmallQuotaIsShared(t *testing.T) {
	cfg := config()
	cfg.ApplicationsInterval, cfg.ApplicationsIdleInterval, cfg.HotSetMinAge = time.Second, time.Second, 10*time.Second
	h := newHouse(t, cfg, t.TempDir(), 10)
	defer h.index.Close()
	for id := int64(1); id <= 100; id++ {
		h.account.change(id, false, 0).hot = true
	}
	h.account.pageSize = 500
	h.live(t, 30*time.Minute)
	h.account.change(101, false, 0) // the feed is over the others
	h.live(t, 30*time.Minute)
	calls, byID := h.account.calls, h.account.byID
	h.live(t, time.Hour)
	calls, byID = h.account.calls-calls, h.account.byID-byID
	if calls < 590 || byID < calls/2 || byID > calls*3/4 {
		t.Errorf("%d calls of 600 in an hour, %d of them for the hot set: wanted more than half", calls, byID)
	}
}
