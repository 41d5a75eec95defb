package replica

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mokafka/mokafka/ingest/webhook"
	"github.com/mokafka/mokafka/schemas"
)

// FirstID is that of the first application that is pressed for; no Moka has one as
// high.
const FirstID = 9_000_000_000_000

// Presses press Import EHR for a number of applications again and again, one after
// another for each, each until it is answered with 2xx. The applications have the
// ids from FirstID, which the simulated Moka does not have: reading them back finds
// nothing, which is no deletion before POLL_GONE_AFTER.
type Presses struct {
	// Workers take them; the attempts of one press go round.
	Workers []*Worker
	// Key signs them.
	Key string
	// Client sends them.
	Client *http.Client
	// Pause is how long each application rests after a press; 0 for not at all.
	Pause time.Duration

	taken   atomic.Int64
	refused atomic.Int64
	acked   []int // by application, from 0
}

// Taken is how many were answered with 2xx.
func (p *Presses) Taken() int64 { return p.taken.Load() }

// Refused is how many attempts were not.
func (p *Presses) Refused() int64 { return p.refused.Load() }

// Run presses for so many applications until ctx ends.
func (p *Presses) Run(ctx context.Context, applications int) {
	p.acked = make([]int, applications)
	var all sync.WaitGroup
	for a := range applications {
		all.Go(func() { p.one(ctx, a) })
	}
	all.Wait()
}

func (p *Presses) one(ctx context.Context, a int) {
	for n := 0; ; n++ {
		body := fmt.Appendf(nil, `{"id":"press-%d-%d","event":"pushCandidate","triggeredAt":%d,"data":{"applicationId":%d,"candidateId":%d,"name":"v%d"}}`,
			a, n, 1_700_000_000+n, FirstID+a, a+1, n)
		for try := 0; ; try++ {
			if ctx.Err() != nil {
				return // this press may or may not have arrived
			}
			// The first attempts of all presses go to one replica, so that an
			// unclear one is repeated at another.
			if p.post(ctx, p.Workers[(a+try)%len(p.Workers)], body) {
				break
			}
			p.refused.Add(1)
			rest(ctx, 20*time.Millisecond)
		}
		p.acked[a] = n + 1
		p.taken.Add(1)
		rest(ctx, p.Pause)
	}
}

func rest(ctx context.Context, d time.Duration) {
	if d == 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

func (p *Presses) post(ctx context.Context, w *Worker, body []byte) bool {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	url := "http://" + w.Webhook + webhook.RESTPath + "?sign=" + webhook.Sign(p.Key, body)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return false
	}
	resp, err := p.Client.Do(req)
	if err != nil {
		return false
	}
	_, _ = io.Copy(io.Discard, resp.Body)
	_ = resp.Body.Close()
	return resp.StatusCode >= 200 && resp.StatusCode < 300
}

// Tally holds what was answered with 2xx against the events of it. All but Acked and
// Events has to be 0.
type Tally struct {
	Acked, Events                        int
	Missing, Doubled, Disordered, Unsent int
}

// Broken tells whether a promise is.
func (t Tally) Broken() bool { return t.Missing+t.Doubled+t.Disordered+t.Unsent > 0 }

func (t Tally) String() string {
	return fmt.Sprintf("%d webhooks answered with 2xx, %d events; missing %d, doubled %d, out of order %d, never sent %d",
		t.Acked, t.Events, t.Missing, t.Doubled, t.Disordered, t.Unsent)
}

// Count compares, once Run has returned. events are those of candidates, in the
// order of each application; those of other applications are left alone.
func (p *Presses) Count(events []*schemas.CandidateEvent) Tally {
	var t Tally
	ids := map[string]bool{}
	seen := make([][]*schemas.CandidateEvent, len(p.acked))
	for _, ev := range events {
		a := ev.ApplicationID - FirstID
		if a < 0 || a >= int64(len(seen)) {
			continue
		}
		if ids[ev.EventID] {
			t.Doubled++
		}
		ids[ev.EventID] = true
		seen[a] = append(seen[a], ev)
	}
	t.Events = len(ids)
	for a, acked := range p.acked {
		t.Acked += acked
		t.Missing += max(0, acked-len(seen[a]))
		t.Unsent += max(0, len(seen[a])-acked-1) // the last press was perhaps not answered
		for n, ev := range seen[a] {
			if !follows(ev, n) {
				t.Disordered++
			}
		}
	}
	return t
}

// follows tells whether an event is that of the nth press.
func follows(ev *schemas.CandidateEvent, n int) bool {
	if ev.After == nil || ev.After.Name == nil || *ev.After.Name != "v"+strconv.Itoa(n) {
		return false
	}
	if n == 0 {
		return ev.Before == nil
	}
	return ev.Before != nil && ev.Before.Name != nil && *ev.Before.Name == "v"+strconv.Itoa(n-1)
}
