package poll_test

import (
	"context"
	"testing"
	"time"

	"github.com/mokafka/mokafka/ingest/poll"
	"github.com/mokafka/mokafka/internal/moka"
)

// gated is an account whose lists take several requests, each through the gate of
// the client.
type gated struct {
	*account
	parts    int
	requests []time.Time
}

func (g *gated) Applications(ctx context.Context, class moka.Class, q moka.ApplicationsQuery) (moka.Page, error) {
	for range g.parts {
		if err := poll.Ungated().Acquire(ctx, class); err != nil {
			return moka.Page{}, err
		}
		g.requests = append(g.requests, g.clock.Now())
	}
	return g.account.Applications(ctx, class, q)
}

// The budget is of requests, not of looks: one that takes several requests has the
// others wait.
func TestEachRequestIsPaidFor(t *testing.T) {
	t.Parallel()
	const perMinute, parts, minutes = 30, 3, 20
	cfg := config()
	cfg.ApplicationsInterval, cfg.ApplicationsIdleInterval = time.Second, time.Second
	h := newHouse(t, cfg, t.TempDir(), perMinute)
	defer h.closeIndex(t)
	for id := range int64(40) {
		h.account.change(id+1, false, 0).hot = true
	}
	g := &gated{account: h.account, parts: parts}
	h.api = g
	h.lead(t)
	h.live(t, minutes*time.Minute)
	if n := len(g.requests); n > perMinute*minutes+parts {
		t.Errorf("%d requests in %d minutes of %d", n, minutes, perMinute)
	} else if n < perMinute*minutes/2 {
		t.Errorf("only %d requests in %d minutes of %d: the test shows nothing", n, minutes, perMinute)
	}
}
