package crash_test

import (
	"context"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sethvargo/go-envconfig"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/mokafka/mokafka/ingest/content"
	"github.com/mokafka/mokafka/ingest/poll"
	"github.com/mokafka/mokafka/internal/checkpoint"
	"github.com/mokafka/mokafka/internal/crash/replica"
	"github.com/mokafka/mokafka/internal/kafkatest"
	"github.com/mokafka/mokafka/internal/mokasim"
	"github.com/mokafka/mokafka/internal/mokasim/api"
	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
)

const (
	org    = "demo"
	apiKey = "crash-api-key"
)

// dayConfig is the size of a day; each has a variable.
type dayConfig struct {
	applications int           // of earlier years
	length       time.Duration // virtual
	changes      int           // a day
	scale        float64       // virtual seconds in a real one
	kills        int
	seed         uint64
}

func dayOf(t *testing.T, onKafka bool) dayConfig {
	t.Helper()
	number := func(name string, otherwise float64) float64 {
		text := os.Getenv(name)
		if text == "" {
			return otherwise
		}
		n, err := strconv.ParseFloat(text, 64)
		if err != nil || n <= 0 {
			t.Fatalf("%s is %q: it must be a number above 0", name, text)
		}
		return n
	}
	hours, changes, scale, many, killed := 0.6, 12000.0, 240.0, 300.0, 4.0
	if onKafka {
		hours, changes, scale, many, killed = 2, 6000, 120, 1000, 10
	}
	return dayConfig{
		applications: int(number("MOKAFKA_DAY_APPLICATIONS", many)),
		length:       time.Duration(number("MOKAFKA_DAY_HOURS", hours) * float64(time.Hour)),
		changes:      int(number("MOKAFKA_DAY_CHANGES", changes)),
		scale:        number("MOKAFKA_DAY_SCALE", scale),
		kills:        int(number("MOKAFKA_DAY_KILLS", killed)),
		seed:         uint64(number("MOKAFKA_DAY_SEED", 7)),
	}
}

// What the simulated Moka makes hard, and how the replicas poll it.
const (
	visibleAfter = 2 * time.Minute
	skew         = 90 * time.Second
	perMinute    = 60
)

func feeds(t *testing.T) poll.Config {
	t.Helper()
	var c poll.Config // its defaults, but for the periods that the day is too short for
	if err := envconfig.ProcessWith(t.Context(), &envconfig.Config{Target: &c, Lookuper: envconfig.MapLookuper(nil)}); err != nil {
		t.Fatal(err)
	}
	c.LookBack, c.GoneAfter, c.SweepEvery = 6*time.Minute, 4*time.Minute, sweepEvery
	return c
}

// sweepEvery is so long that the sweep comes when the test asks for it.
const sweepEvery = 40 * 24 * time.Hour

// day is a virtual day with all that takes part in it.
type day struct {
	t       *testing.T
	cfg     dayConfig
	clock   clock
	cluster *kafkatest.Cluster
	topics  publish.Topics
	table   checkpoint.Table
	codec   *schemas.Codec
	model   *content.Model
	writer  *kgo.Client
	sim     *mokasim.Simulator
	front   *front
	doors   *doors
	workers [replicas]*replica.Worker
	feeds   poll.Config
	tally   dayTally
	founded time.Time
	ended   time.Time // when life stopped, by our clock
}

func TestVirtualDay(t *testing.T) {
	if testing.Short() {
		t.Skip("lives through a virtual day")
	}
	d := newDay(t)
	d.begin()
	d.live()
	d.settle()
	told := d.read()
	d.judge(told)
}

// begin has the replicas read all that there is, before anything happens.
func (d *day) begin() {
	d.t.Helper()
	began := time.Now()
	for _, feed := range []string{"applications", "headcounts"} {
		request, err := poll.BackfillRequest(org, feed, d.founded.AddDate(-2, -6, 0), d.founded.Add(time.Hour), d.clock.Now())
		if err != nil {
			d.t.Fatal(err)
		}
		d.put(request)
	}
	d.await("the backfill", d.whole(), func() bool {
		for _, c := range d.cursors() {
			if strings.HasPrefix(c.Feed, poll.BackfillPrefix) && !c.Completed {
				return false
			}
		}
		return len(d.cursors()) > 2
	})
	d.awaitDerived()
	d.t.Logf("day: %d applications were read in %s", len(d.sim.Truths(0, 10_000_000)), time.Since(began).Round(time.Millisecond))
}

// whole is how long looking at everything may take.
func (d *day) whole() time.Duration {
	return 2*time.Minute + time.Duration(d.cfg.applications)*20*time.Millisecond
}

// live lets a day pass: the company lives, Moka makes mistakes, and the replica
// that polls is killed again and again.
func (d *day) live() {
	d.t.Helper()
	for _, fault := range mistakes() {
		if _, err := d.sim.API().Order(fault); err != nil {
			d.t.Fatal(err)
		}
	}
	d.front.looks.begin()
	pace := time.Duration(float64(24*time.Hour) / float64(d.cfg.changes))
	d.manage(http.MethodPost, "pace", `{"pace":"`+pace.String()+`"}`)
	ctx, cancel := context.WithTimeout(d.t.Context(), d.clock.real(d.cfg.length))
	defer cancel()
	var killing sync.WaitGroup
	killing.Go(func() { d.killAgainAndAgain(ctx) })
	<-ctx.Done()
	killing.Wait()
	d.manage(http.MethodPost, "pause", "")
	d.ended = d.clock.Now()
}

// mistakes that Moka makes, with their probabilities. Hangs end when the client
// hangs up.
func mistakes() []api.Fault {
	return []api.Fault{
		{Endpoint: "reads", Kind: api.FaultError, Probability: 0.01},
		{Endpoint: "reads", Kind: api.FaultErrorAfter, Status: http.StatusBadGateway, Body: "oops", Probability: 0.005},
		{Endpoint: "reads", Kind: api.FaultReset, Probability: 0.01},
		{Endpoint: "reads", Kind: api.FaultResetAfter, Probability: 0.005},
		{Endpoint: "reads", Kind: api.FaultTruncated, Probability: 0.01},
		{Endpoint: "reads", Kind: api.FaultCut, Probability: 0.005},
		{Endpoint: "reads", Kind: api.FaultHTML, Probability: 0.005},
		{Endpoint: "reads", Kind: api.FaultQuota, RetryAfter: 3, Probability: 0.003},
		{Endpoint: "reads", Kind: api.FaultQuota, Form: api.RefuseCode, Probability: 0.002},
		{Endpoint: "reads", Kind: api.FaultHang, Probability: 0.001},
		{Endpoint: "reads", Kind: api.FaultSlow, For: api.Duration(2 * time.Minute), Probability: 0.04},
		{Endpoint: "reads", Kind: api.FaultDuplicateRows, Probability: 0.005},
		{Endpoint: "reads", Kind: api.FaultSameNext, Probability: 0.005},
		{Endpoint: "reads", Kind: api.FaultUnauthorized, Probability: 0.0005},
	}
}

// settle gives the pollers time to look at everything once more: first the feeds
// by themselves, then, on request, the sweep.
func (d *day) settle() {
	d.t.Helper()
	for _, fault := range d.sim.API().Faults() {
		d.tally.mistakes += fault.Fired
	}
	d.sim.API().Clear(0)
	most := 2*time.Minute + d.clock.real(2*time.Hour)
	d.await("somebody polls after the day", most, func() bool {
		_, at := d.front.polls()
		return time.Since(at) < time.Second && d.pushesSettled()
	})
	// The deepest look back, the rest of a feed after trouble, and the hot set.
	d.clock.sleep(d.t.Context(), d.feeds.LookBack+visibleAfter+skew+2*d.feeds.HotSetMinAge+4*time.Minute)
	d.awaitDerived()
	d.tally.sweptAt = d.clock.Now()
	asked := d.clock.Now()
	due := asked.Add(-sweepEvery)
	for _, feed := range []string{"sweep:applications", "sweep:headcounts"} {
		d.put(&schemas.Checkpoint{Feed: feed, StartedAt: &due, Completed: true, SavedAt: asked})
	}
	d.await("the sweep", d.whole(), func() bool {
		c := d.cursors()
		all, lists := c["sweep:applications"], c["sweep:headcounts"]
		return all != nil && all.Completed && all.StartedAt != nil && !all.StartedAt.Before(asked) &&
			lists != nil && lists.StartedAt != nil && !lists.StartedAt.Before(asked)
	})
	// What was not there is asked for once more.
	d.clock.sleep(d.t.Context(), 2*d.feeds.GoneAfter+3*time.Minute)
	d.awaitDerived()
	for _, w := range d.workers {
		must(d.t, w.Kill())
	}
}
