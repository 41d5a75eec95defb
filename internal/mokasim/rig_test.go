package mokasim_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/mokafka/mokafka/internal/mokasim"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// handClock moves only when told to.
type handClock struct {
	mu      sync.Mutex
	now     time.Time
	waiters []waiter
	waits   chan struct{} // one element for each call of After
}

type waiter struct {
	due  time.Time
	over chan time.Time
}

func newHandClock() *handClock {
	return &handClock{now: time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC), waits: make(chan struct{}, 10_000)}
}

func (c *handClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *handClock) After(d time.Duration) <-chan time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	over := make(chan time.Time, 1)
	c.waiters = append(c.waiters, waiter{c.now.Add(d), over})
	c.waits <- struct{}{}
	return over
}

// tick waits until somebody waits, then lets the earliest of all waits be over.
func (c *handClock) tick(t *testing.T) {
	t.Helper()
	select {
	case <-c.waits:
	case <-time.After(10 * time.Second):
		t.Fatal("nobody waits")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	first := 0
	for i, w := range c.waiters {
		if w.due.Before(c.waiters[first].due) {
			first = i
		}
	}
	one := c.waiters[first]
	c.waiters = append(c.waiters[:first], c.waiters[first+1:]...)
	if one.due.After(c.now) {
		c.now = one.due
	}
	one.over <- c.now
}

// received is one request that reached the receiver.
type received struct {
	sign string
	body string
}

// receiver is a webhook that keeps what it gets; answer may be nil (all is well).
func receiver(t *testing.T, answer http.HandlerFunc) (string, <-chan received) {
	t.Helper()
	got := make(chan received, 10_000)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		got <- received{r.URL.Query().Get("sign"), string(body)}
		if answer != nil {
			answer(w, r)
			return
		}
		_, _ = io.WriteString(w, `{"code":0,"msg":"success","data":{},"redirectUrl":{"pcUrl":"https://ehr.example/x"}}`)
	}))
	t.Cleanup(server.Close)
	return server.URL + "/webhooks/moka", got
}

func next(t *testing.T, got <-chan received) received {
	t.Helper()
	select {
	case one := <-got:
		return one
	case <-time.After(10 * time.Second):
		t.Fatal("nothing was pushed")
		return received{}
	}
}

// config is a simulator that stands still and pushes to target.
func config(target string) mokasim.Config {
	cfg := mokasim.DefaultConfig()
	cfg.Addr, cfg.Pace, cfg.Backoff = "127.0.0.1:0", 0, 0
	cfg.WebhookURL, cfg.SigningKey, cfg.OldSigningKey = target, "qwer", "asdf"
	return cfg
}

type rig struct {
	t    *testing.T
	sim  *mokasim.Simulator
	stop func()
}

// run runs a simulator until the test ends or stop is called, and checks that
// it ends well.
func run(t *testing.T, cfg mokasim.Config, deps mokasim.Deps) *rig {
	t.Helper()
	sim := mokasim.New(cfg, deps)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- sim.Run(ctx) }()
	r := &rig{t: t, sim: sim}
	r.stop = sync.OnceFunc(func() {
		cancel()
		select {
		case err := <-ended:
			if err != nil {
				t.Errorf("run: %v", err)
			}
		case <-time.After(10 * time.Second):
			t.Error("run does not end")
		}
	})
	t.Cleanup(r.stop)
	select {
	case <-sim.Ready():
	case err := <-ended:
		ended <- err
		t.Fatalf("ended before it was ready: %v", err)
	}
	return r
}

// call asks the management port and reads the answer into out.
func (r *rig) call(method, path, body string, out any) int {
	r.t.Helper()
	request, err := http.NewRequestWithContext(r.t.Context(), method, "http://"+r.sim.Addr()+path, bytes.NewBufferString(body))
	if err != nil {
		r.t.Fatal(err)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Do(request)
	if err != nil {
		r.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	if got := response.Header.Get("Content-Type"); got != "application/json; charset=utf-8" {
		r.t.Errorf("%s %s answers %s", method, path, got)
	}
	if out != nil {
		if err := json.Unmarshal(text, out); err != nil {
			r.t.Fatalf("%s %s answered %s: %v", method, path, text, err)
		}
	}
	return response.StatusCode
}

func (r *rig) must(method, path, body string, out any) {
	r.t.Helper()
	var text json.RawMessage
	if status := r.call(method, path, body, &text); status != http.StatusOK {
		r.t.Fatalf("%s %s: %d %s", method, path, status, text)
	}
	if err := json.Unmarshal(text, out); err != nil {
		r.t.Fatal(err)
	}
}
