package poll_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/mokafka/mokafka/ingest/poll"
	"github.com/mokafka/mokafka/internal/moka"
	"github.com/mokafka/mokafka/schemas/avsc"
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
// feed shows both at every pass.
func TestTwoFeedbacksOfOneRoundAreJournaledOnce(t *testing.T) {
	cfg := config()
	cfg.FeedbacksInterval = time.Minute
	h := newHouse(t, cfg, t.TempDir(), 60)
	defer h.index.Close()
	s := &speakers{account: h.account}
	for n := range 2 {
		at := start.Add(-time.Duration(n) * time.Hour)
		s.items = append(s.items, moka.Item{ID: 7, ApplicationIDs: []int64{7}, UpdatedAt: at, Body: fmt.Appendf(nil,
			`{"applicationId":7,"roundName":"1","interviewerName":"x","feedback":"%d","updatedAt":%q}`, n, at.Format(time.RFC3339))})
	}
	bundle, err := avsc.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	model, err := poll.NewModel(bundle)
	if err != nil {
		t.Fatal(err)
	}
	metrics, err := poll.NewMetrics(prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	if h.engine, err = poll.NewEngine(cfg, poll.EngineDeps{
		API: s, Lease: h.topic, Index: h.index, Budget: h.budget, OrgID: "org", Model: model, Now: h.clock.Now,
		Jitter: func() float64 { return 0.5 }, Log: zerolog.Nop(), Metrics: metrics,
	}); err != nil {
		t.Fatal(err)
	}
	h.live(t, 30*time.Minute)
	if n := len(h.topic.entries); n != 2 {
		t.Errorf("%d entries of two feedbacks", n)
	}
}
