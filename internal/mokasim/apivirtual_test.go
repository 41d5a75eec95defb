package mokasim_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mokafka/mokafka/internal/mokasim"
	"github.com/mokafka/mokafka/internal/mokasim/api"
)

// A whole Moka in virtual time: no socket, no waiting.
func TestTheAPIInVirtualTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := config("")
		cfg.QuotaPerMinute, cfg.Latency = 2, 300*time.Millisecond
		sim := mokasim.New(cfg, mokasim.Deps{})
		if err := sim.Open(); err != nil {
			t.Fatal(err)
		}
		defer sim.Close()
		client := &http.Client{Transport: api.Transport(sim.Handler()), Timeout: 30 * time.Second}
		ask := func() (int, time.Duration, error) {
			began := time.Now()
			request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://moka.invalid/api-platform/v1/archiveReasons", nil)
			if err != nil {
				t.Fatal(err)
			}
			request.SetBasicAuth("dev-api-key", "")
			response, err := client.Do(request)
			if err != nil {
				return 0, time.Since(began), err
			}
			return response.StatusCode, time.Since(began), response.Body.Close()
		}
		for _, want := range []int{200, 200, 429} {
			if status, took, err := ask(); status != want || err != nil || (status == 200) != (took == 300*time.Millisecond) {
				t.Errorf("%d after %s, want %d: %v", status, took, want, err)
			}
		}
		<-time.After(time.Minute) // virtual
		if _, err := sim.API().Order(api.Fault{Kind: api.FaultHang, Calls: 1}); err != nil {
			t.Fatal(err)
		}
		if _, took, err := ask(); took != 30*time.Second || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a hang ended after %s: %v", took, err)
		}
		if status, _, err := ask(); status != 200 || err != nil {
			t.Errorf("the next answers %d: %v", status, err)
		}
	})
}
