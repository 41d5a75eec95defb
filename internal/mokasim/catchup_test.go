package mokasim_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// A reader of the window feed that looks back over the visibility delay, and
// only by Moka's clock, knows in the end of every change that was not quiet.
func TestAReaderCatchesUp(t *testing.T) {
	cfg := hard()
	cfg.QuietShare, cfg.VisibleAfter, cfg.Quirks = 0, 30*time.Second, 0
	cfg.APIKey, cfg.QuotaPerMinute = "key", 0
	sim, clock := opened(t, cfg)
	handler := sim.Handler()
	type state struct {
		Stage    int64
		Archived bool
		Offer    string
		Updated  time.Time
	}
	known := map[int64]state{}
	high := clock.Now().Add(cfg.ClockSkew).Truncate(time.Second)
	began := high
	read := func() {
		next := ""
		for from := high.Add(-cfg.VisibleAfter); ; {
			body := fmt.Sprintf(`{"updateAtStartTime":%q,"next":%q}`, from.Add(8*time.Hour).UTC().Format("2006-01-02T15:04:05.000Z"), next)
			request := httptest.NewRequest(http.MethodPost, "/api-platform/v2/data/ehrApplications", strings.NewReader(body))
			request.SetBasicAuth(cfg.APIKey, "")
			request.Header.Set("Content-Type", "application/json")
			answer := httptest.NewRecorder()
			handler.ServeHTTP(answer, request)
			var page struct {
				Code int
				Data []struct {
					BasicInfo struct {
						ApplicationID, StageID int64
						Archived               bool
						UpdatedAt              time.Time
					}
					OfferInfo *struct{ Status string }
				}
				Next string
			}
			if err := json.Unmarshal(answer.Body.Bytes(), &page); err != nil || page.Code != 200 {
				t.Fatalf("%d %.300s", answer.Code, answer.Body)
			}
			for _, item := range page.Data {
				basic, offer := item.BasicInfo, ""
				if item.OfferInfo != nil {
					offer = item.OfferInfo.Status
				}
				known[basic.ApplicationID] = state{basic.StageID, basic.Archived, offer, basic.UpdatedAt}
				if basic.UpdatedAt.After(high) {
					high = basic.UpdatedAt
				}
			}
			if next = page.Next; next == "" {
				return
			}
		}
	}
	for range 24 {
		live(t, sim, clock.move(5*time.Minute))
		read()
	}
	clock.move(time.Minute)
	read()
	missed := 0
	for _, truth := range sim.Truths(0, 1<<30) {
		if truth.UpdatedAt.Before(began) {
			continue
		}
		want := state{truth.StageID, truth.Archived, truth.OfferStatus, truth.UpdatedAt}
		if diff := cmp.Diff(want, known[truth.ApplicationID]); diff != "" {
			missed++
			t.Logf("application %d:\n%s", truth.ApplicationID, diff)
		}
	}
	if missed > 0 || len(known) < 100 {
		t.Errorf("of %d applications %d are not known as they are", len(known), missed)
	}
}
