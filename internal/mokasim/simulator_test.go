package mokasim_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mokafka/mokafka/internal/mokasim"
)

// story is what a receiver gets of a company's first pushes.
func story(t *testing.T, seed uint64, pushes int) []received {
	t.Helper()
	target, got := receiver(t, nil)
	cfg := config(target)
	cfg.Seed, cfg.Pace = seed, time.Second
	clock := newHandClock()
	r := run(t, cfg, mokasim.Deps{Clock: clock})
	var all []received
	for len(all) < pushes {
		clock.tick(t)
		// The sender works beside the company; what it has is what is due.
		for more := true; more; {
			select {
			case one := <-got:
				all = append(all, one)
			default:
				more = false
			}
		}
	}
	r.stop()
	return all[:pushes]
}

func TestSameSeedSameClockSameBytes(t *testing.T) {
	first := story(t, 5, 30)
	if diff := cmp.Diff(first, story(t, 5, 30), cmp.AllowUnexported(received{})); diff != "" {
		t.Errorf("the second run differs:\n%s", diff)
	}
	if first[0] == story(t, 6, 1)[0] {
		t.Error("another seed pushes the same")
	}
}

func TestPushesAreSignedAndTellTheLog(t *testing.T) {
	target, got := receiver(t, nil)
	cfg := config(target)
	cfg.Pace = time.Second
	clock := newHandClock()
	r := run(t, cfg, mokasim.Deps{Clock: clock})
	for range 200 {
		clock.tick(t)
	}
	<-clock.waits // the last change is in the log
	var log mokasim.Log
	r.must(http.MethodGet, "/__sim/log?limit=5000", "", &log)
	if log.Total != 200 || len(log.Entries) != 200 || log.Forgotten != 0 {
		t.Fatalf("log of %d, %d entries, %d forgotten", log.Total, len(log.Entries), log.Forgotten)
	}
	for n, entry := range log.Entries {
		if entry.Seq != uint64(n+1) {
			t.Fatalf("entry %d has number %d", n, entry.Seq)
		}
		if entry.Event == "" {
			continue
		}
		one := next(t, got)
		mac := hmac.New(sha256.New, []byte("qwer"))
		mac.Write([]byte(one.body))
		if one.sign != hex.EncodeToString(mac.Sum(nil)) {
			t.Errorf("push of entry %d is not signed", entry.Seq)
		}
		var webhook struct {
			ID, Event   string
			TriggeredAt int64
			Data        struct {
				ApplicationID  int64   `json:"applicationId"`
				ApplicationIDs []int64 `json:"applicationIds"`
				StageName      string  `json:"stageName"`
			}
		}
		if err := json.Unmarshal([]byte(one.body), &webhook); err != nil {
			t.Fatal(err)
		}
		ids := webhook.Data.ApplicationIDs
		if entry.Event == "pushCandidate" {
			ids = []int64{webhook.Data.ApplicationID}
			if webhook.Data.StageName != entry.Stage {
				t.Errorf("pushed in stage %q, the log says %q", webhook.Data.StageName, entry.Stage)
			}
		}
		if webhook.ID != entry.WebhookID || webhook.Event != entry.Event || webhook.TriggeredAt != entry.TriggeredAt || !slices.Equal(ids, entry.ApplicationIDs) {
			t.Errorf("pushed %s, the log says %+v", one.body[:120], entry)
		}
	}
	// A page of the log.
	r.must(http.MethodGet, "/__sim/log?after=190&limit=4", "", &log)
	if len(log.Entries) != 4 || log.Entries[0].Seq != 191 {
		t.Errorf("page %+v", log.Entries)
	}
	r.must(http.MethodGet, "/__sim/log?after=9999", "", &log)
	if len(log.Entries) != 0 || log.Total != 200 {
		t.Errorf("page beyond the end %+v", log)
	}
}

func TestOrderIsKeptThroughRepetition(t *testing.T) {
	calls := 0
	target, got := receiver(t, func(w http.ResponseWriter, _ *http.Request) {
		if calls++; calls%3 != 0 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		_, _ = w.Write([]byte(`{"code":0}`))
	})
	cfg := config(target)
	cfg.Pace = time.Second
	clock := newHandClock()
	run(t, cfg, mokasim.Deps{Clock: clock, NewID: counter()})
	want := 0
	for want < 20 {
		clock.tick(t)
		for more := true; more; {
			select {
			case one := <-got:
				// Each is tried three times before the next is.
				if id := strconv.Itoa(want/3 + 1); !strings.HasPrefix(one.body, `{"id":"`+id+`"`) {
					t.Fatalf("request %d is %.40s, want id %s", want, one.body, id)
				}
				want++
			default:
				more = false
			}
		}
	}
}

func counter() func() string {
	n := 0
	return func() string {
		n++
		return strconv.Itoa(n)
	}
}

func TestRunEndsWhileAPushHangs(t *testing.T) {
	release := make(chan struct{})
	target, got := receiver(t, func(http.ResponseWriter, *http.Request) { <-release })
	defer close(release)
	r := run(t, config(target), mokasim.Deps{})
	answered := make(chan int, 1)
	go func() { answered <- r.call(http.MethodPost, "/__sim/trigger/pushCandidate", "", nil) }()
	next(t, got)
	r.stop() // goleak checks that nothing stays behind
	if status := <-answered; status != http.StatusOK {
		t.Errorf("the trigger in progress got %d", status)
	}
}

func TestRunFails(t *testing.T) {
	bad := config("http://127.0.0.1:1/")
	bad.SigningKey = ""
	if err := mokasim.New(bad, mokasim.Deps{}).Run(t.Context()); err == nil || !strings.Contains(err.Error(), "SIM_SIGNING_KEY") {
		t.Errorf("a bad configuration: %v", err)
	}
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	cfg := config("")
	cfg.Addr = taken.Addr().String()
	sim := mokasim.New(cfg, mokasim.Deps{})
	if err := sim.Run(t.Context()); err == nil {
		t.Error("listens on a taken address")
	}
	if sim.Addr() != "" {
		t.Errorf("address %q without listening", sim.Addr())
	}
	if err := sim.Run(t.Context()); err == nil {
		t.Error("runs twice")
	}
}
