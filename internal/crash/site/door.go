package site

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/mokafka/mokafka/internal/crash/replica"
)

// door takes Moka's webhooks and delivers each to whichever worker takes it, as a
// load balancer does.
type door struct {
	client *http.Client

	mu      sync.Mutex
	workers []*replica.Worker
	turn    int
}

func newDoor() *door {
	return &door{client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 8}}}
}

func (d *door) to(workers []*replica.Worker) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.workers = workers
}

// next is the address of the worker whose turn it is; "" for none.
func (d *door) next() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.workers) == 0 {
		return ""
	}
	d.turn++
	return d.workers[d.turn%len(d.workers)].Webhook
}

// doorPatience is how long the workers may be away before Moka is told so, which
// then tries again.
const doorPatience = 8 * time.Second

// ServeHTTP implements http.Handler.
func (d *door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 16<<20))
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), doorPatience)
	defer cancel()
	for ctx.Err() == nil {
		if addr := d.next(); addr != "" && d.post(ctx, addr, r.URL.RequestURI(), r.Header, body) {
			w.WriteHeader(http.StatusOK)
			return
		}
		select {
		case <-ctx.Done():
		case <-time.After(20 * time.Millisecond):
		}
	}
	w.WriteHeader(http.StatusServiceUnavailable)
}

func (d *door) post(ctx context.Context, addr, uri string, header http.Header, body []byte) bool {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	//nolint:gosec // G704: the address is a worker's, and what follows it is for the worker to judge
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+addr+uri, bytes.NewReader(body))
	if err != nil {
		return false
	}
	req.Header = header.Clone()
	resp, err := d.client.Do(req) //nolint:gosec // G704: as above
	if err != nil {
		return false
	}
	_, _ = io.Copy(io.Discard, resp.Body)
	_ = resp.Body.Close()
	return resp.StatusCode >= 200 && resp.StatusCode < 300
}

// manage asks the simulator's management port for something.
func (c *Company) manage(ctx context.Context, path, body string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+c.Sim.Addr()+"/__sim/"+path, strings.NewReader(body))
	if err != nil {
		return err
	}
	resp, err := c.door.client.Do(req)
	if err != nil {
		return fmt.Errorf("manage the company: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil || resp.StatusCode != http.StatusOK {
		return fmt.Errorf("manage the company: %s: %d %s: %w", path, resp.StatusCode, answer, err)
	}
	return nil
}
