package mokasim_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mokafka/mokafka/internal/mokasim"
	"github.com/mokafka/mokafka/internal/mokasim/company"
)

// opened is a simulator in process whose clock the test moves.
func opened(t *testing.T, cfg mokasim.Config) (*mokasim.Simulator, *handClock) {
	t.Helper()
	clock := newHandClock()
	sim := mokasim.New(cfg, mokasim.Deps{Clock: clock, NewID: counter()})
	if err := sim.Open(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(sim.Close)
	return sim, clock
}

func (c *handClock) move(d time.Duration) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	return c.now
}

func live(t *testing.T, sim *mokasim.Simulator, until time.Time) uint64 {
	t.Helper()
	changes, err := sim.LiveUntil(t.Context(), until)
	if err != nil {
		t.Fatal(err)
	}
	return changes
}

// hard is a configuration with everything that makes reading Moka hard.
func hard() mokasim.Config {
	cfg := config("")
	cfg.Seed, cfg.ChangesPerDay, cfg.Applications = 8, 20_000, 5_000
	cfg.QuietShare, cfg.BurstShare, cfg.ClockSkew = 0.5, 0.01, -90*time.Second
	return cfg
}

// A day, lived at once or hour by hour, is the same day, at about the pace
// wanted.
func TestVirtualTimeIsDeterministic(t *testing.T) {
	day := func(steps int) []mokasim.Entry {
		sim, clock := opened(t, hard())
		for range steps {
			live(t, sim, clock.move(24*time.Hour/time.Duration(steps)))
		}
		entries, total, forgotten := sim.Entries(0, 1<<30)
		if uint64(len(entries)) != total || forgotten != 0 {
			t.Fatalf("%d entries of %d, %d forgotten", len(entries), total, forgotten)
		}
		return entries
	}
	first := day(1)
	if diff := cmp.Diff(first, day(24)); diff != "" {
		t.Errorf("hour by hour it is another day:\n%.2000s", diff)
	}
	// Bulks are many changes at one beat.
	if len(first) < 18_000 || len(first) > 30_000 {
		t.Errorf("%d changes in a day of 20,000", len(first))
	}
	quiet, bulk := 0, 0
	for n, entry := range first {
		if entry.Quiet {
			quiet++
		}
		if n > 0 && entry.At.Equal(first[n-1].At) {
			bulk++
		}
		if skew := entry.At.Sub(entry.RealAt); skew > -90*time.Second || skew < -91*time.Second {
			t.Fatalf("Moka's clock is off by %s", skew)
		}
		if entry.Field != "" && entry.Was == entry.Is {
			t.Errorf("%s says that %s went from %q to %q", entry.Kind, entry.Field, entry.Was, entry.Is)
		}
	}
	if quiet < 500 || bulk < 500 {
		t.Errorf("%d changes are quiet, %d at the instant of another", quiet, bulk)
	}
}

// Replaying the log gives the truth.
func TestTheLogLeadsToTheTruth(t *testing.T) {
	sim, clock := opened(t, hard())
	type state struct{ stage, archived, hired, offer, approval string }
	states := map[int64]state{}
	of := func(truth company.Truth) state {
		return state{
			strconv.FormatInt(truth.StageID, 10), strconv.FormatBool(truth.Archived), strconv.FormatBool(truth.Hired),
			truth.OfferStatus, truth.OfferApproval,
		}
	}
	for _, truth := range sim.Truths(0, 1<<30) {
		states[truth.ApplicationID] = of(truth)
	}
	headcounts := map[int64]string{}
	for _, truth := range sim.HeadcountTruths() {
		headcounts[truth.ID] = truth.Status
	}
	live(t, sim, clock.move(24*time.Hour))
	entries, _, _ := sim.Entries(0, 1<<30)
	for _, entry := range entries {
		for _, id := range entry.ApplicationIDs {
			was := states[id]
			switch entry.Field {
			case company.FieldStage:
				was.stage = entry.Is
			case company.FieldArchived:
				was.archived = entry.Is
			case company.FieldHired:
				was.hired, was.archived = entry.Is, "true"
			case company.FieldOfferStatus:
				was.offer = entry.Is
				if entry.Kind == company.OfferCreated {
					was.approval = company.ApprovalUninitiated
				}
			case company.FieldOfferApproval:
				was.approval = entry.Is
			}
			if entry.Kind == company.ApplicationReceived {
				was.archived, was.hired = "false", "false"
			}
			if states[id] = was; entry.Kind == company.ApplicationDeleted {
				delete(states, id)
			}
		}
		switch {
		case entry.Field == company.FieldHeadcountStatus:
			headcounts[entry.HeadcountID] = entry.Is
		case entry.Kind == company.HeadcountDeleted:
			delete(headcounts, entry.HeadcountID)
		}
	}
	truths := map[int64]state{}
	for _, truth := range sim.Truths(0, 1<<30) {
		truths[truth.ApplicationID] = of(truth)
	}
	if diff := cmp.Diff(truths, states, cmp.AllowUnexported(state{})); diff != "" {
		t.Errorf("the log leads elsewhere:\n%.2000s", diff)
	}
	wanted := map[int64]string{}
	for _, truth := range sim.HeadcountTruths() {
		wanted[truth.ID] = truth.Status
	}
	if diff := cmp.Diff(wanted, headcounts); diff != "" {
		t.Errorf("the log of headcounts leads elsewhere:\n%s", diff)
	}
}

// The management port pages through log and truth.
func TestTruthAndLogByPages(t *testing.T) {
	cfg := hard()
	cfg.Applications = 100
	sim, clock := opened(t, cfg)
	live(t, sim, clock.move(2*time.Hour))
	ask := func(path string, into any) {
		t.Helper()
		answer := httptest.NewRecorder()
		sim.Handler().ServeHTTP(answer, httptest.NewRequest(http.MethodGet, path, http.NoBody))
		if err := json.Unmarshal(answer.Body.Bytes(), into); err != nil || answer.Code != http.StatusOK {
			t.Fatalf("%s: %d %s", path, answer.Code, answer.Body)
		}
	}
	var applications []company.Truth
	var headcounts []company.HeadcountTruth
	for after := int64(0); ; {
		var page mokasim.TruthPage
		ask(fmt.Sprintf("/__sim/truth?limit=50&after=%d", after), &page)
		applications, headcounts = append(applications, page.Applications...), append(headcounts, page.Headcounts...)
		if after = page.Next; after == 0 {
			break
		}
	}
	if diff := cmp.Diff(sim.Truths(0, 1<<30), applications); diff != "" {
		t.Errorf("the pages differ from the truth:\n%s", diff)
	}
	if diff := cmp.Diff(sim.HeadcountTruths(), headcounts); diff != "" {
		t.Errorf("the headcounts differ from the truth:\n%s", diff)
	}
	one := applications[len(applications)-1]
	if got, ok := sim.Truth(one.ApplicationID); !ok || !cmp.Equal(got, one) {
		t.Errorf("of one application it says %+v", got)
	}
	if _, ok := sim.Truth(5); ok {
		t.Error("knows an application that there is not")
	}
	var log mokasim.Log
	ask("/__sim/log?after=7&limit=20", &log)
	entries, total, _ := sim.Entries(7, 20)
	if log.Total != total || cmp.Diff(entries, log.Entries) != "" || len(entries) != 20 || entries[0].Seq != 8 {
		t.Errorf("the log's page is %+v", log)
	}
}

// The log forgets beyond its bound and says so.
func TestTheLogIsBounded(t *testing.T) {
	cfg := hard()
	cfg.LogSize, cfg.Applications = 1_000, 0
	sim, clock := opened(t, cfg)
	live(t, sim, clock.move(24*time.Hour))
	entries, total, forgotten := sim.Entries(0, 1<<30)
	if len(entries) < 1_000 || len(entries) > 1_251 || uint64(len(entries))+forgotten != total {
		t.Errorf("%d of %d changes, %d forgotten", len(entries), total, forgotten)
	}
}

// Webhooks of virtual time arrive in the order of their changes, and the log
// knows them.
func TestVirtualTimePushes(t *testing.T) {
	target, got := receiver(t, nil)
	cfg := config(target)
	cfg.Pace = time.Minute
	sim, clock := opened(t, cfg)
	live(t, sim, clock.move(24*time.Hour))
	entries, _, _ := sim.Entries(0, 1<<30)
	announced := 0
	for _, entry := range entries {
		if entry.WebhookID == "" {
			continue
		}
		announced++
		var webhook struct{ ID, Event string }
		if err := json.Unmarshal([]byte(next(t, got).body), &webhook); err != nil {
			t.Fatal(err)
		}
		if webhook.ID != entry.WebhookID || webhook.Event != entry.Event {
			t.Fatalf("pushed %+v, the log says %+v", webhook, entry)
		}
	}
	if announced < 100 {
		t.Errorf("%d webhooks in a day", announced)
	}
	if err := sim.Run(t.Context()); err == nil {
		t.Error("runs after it was opened")
	}
}
