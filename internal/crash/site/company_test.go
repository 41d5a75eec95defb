package site_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/mokafka/mokafka/internal/crash/replica"
	"github.com/mokafka/mokafka/internal/crash/site"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestWebhooksReachWhoeverTakesThem: of two workers one refuses everything.
func TestWebhooksReachWhoeverTakesThem(t *testing.T) {
	c, err := site.Found(20, 7)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}()
	var taken, refused atomic.Int64
	worker := func(status int, count *atomic.Int64) *replica.Worker {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			count.Add(1)
			w.WriteHeader(status)
		}))
		t.Cleanup(server.Close)
		return &replica.Worker{Webhook: strings.TrimPrefix(server.URL, "http://")}
	}
	c.Deliver(worker(http.StatusServiceUnavailable, &refused), worker(http.StatusOK, &taken))
	applications, _ := c.Truths()
	if err := c.Start(t.Context(), 2*time.Millisecond); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(30 * time.Second); taken.Load() < 3 || refused.Load() == 0; <-time.After(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d webhooks were taken, %d refused", taken.Load(), refused.Load())
		}
	}
	if err := c.Rest(t.Context()); err != nil {
		t.Fatal(err)
	}
	id, err := c.Delete(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	after, headcounts := c.Truths()
	if len(applications) < 20 || len(headcounts) == 0 {
		t.Errorf("%d applications, %d headcounts", len(applications), len(headcounts))
	}
	for _, its := range after {
		if its.ApplicationID == id {
			t.Errorf("application %d is still there", id)
		}
	}
}
