package upgrade_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/mokafka/mokafka/ingest/content"
	"github.com/mokafka/mokafka/ingest/poll"
	"github.com/mokafka/mokafka/internal/crash/replica"
	"github.com/mokafka/mokafka/internal/crash/site"
	"github.com/mokafka/mokafka/internal/crash/verdict"
	"github.com/mokafka/mokafka/internal/kafkatest"
	"github.com/mokafka/mokafka/schemas"
	"github.com/mokafka/mokafka/schemas/avsc"
	"github.com/mokafka/mokafka/schemas/schemastest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	applications = 24 // that webhooks are about
	history      = 100
	pace         = 40 * time.Millisecond
	// between is how long the load goes on between two replacements.
	between = 2 * time.Second
	// readiness is how long a replica may take to be ready.
	readiness = 2 * time.Minute
)

// oldRelease builds what is upgraded from.
func oldRelease(t *testing.T) replica.Release {
	t.Helper()
	var old replica.Release
	var err error
	if ref := os.Getenv("MOKAFKA_UPGRADE_FROM"); ref != "" {
		old, err = replica.BuildAt(t.Context(), ref, t.TempDir())
	} else {
		old, err = replica.BuildPrevious(t.Context(), t.TempDir())
	}
	if errors.Is(err, replica.ErrNoHistory) {
		t.Fatalf("there is no earlier release to upgrade from: fetch the history (git fetch --unshallow), or name a ref in MOKAFKA_UPGRADE_FROM: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return old
}

// newRelease builds what is upgraded to.
func newRelease(t *testing.T) string {
	t.Helper()
	if ref := os.Getenv("MOKAFKA_UPGRADE_TO"); ref != "" {
		next, err := replica.BuildAt(t.Context(), ref, t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		return next.Path
	}
	path, err := replica.Build(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// never: what Moka does not show is not called deleted. Moka does not have the
// applications that webhooks are about.
var never = []string{"POLL_GONE_AFTER=168h", "POLL_SWEEP_EVERY=0"}

// fleet are two replicas with their load.
type fleet struct {
	t       *testing.T
	kafka   site.Kafka
	company *site.Company
	workers []*replica.Worker
	presses *replica.Presses
	reader  verdict.Reader
	model   *content.Model
}

func newFleet(t *testing.T, program string) *fleet {
	t.Helper()
	cluster := kafkatest.Start(t)
	f := &fleet{t: t}
	f.kafka = site.Kafka{Brokers: cluster.Brokers, Prefix: cluster.Prefix(), Registry: kafkatest.SchemaRegistry(t), Partitions: 6}
	if f.kafka.Registry == "" {
		server := httptest.NewServer(schemastest.New())
		t.Cleanup(server.Close)
		f.kafka.Registry = server.URL
	}
	f.must(f.kafka.Prepare(t.Context(), program))
	var err error
	f.company, err = site.Found(history, 7)
	f.must(err)
	t.Cleanup(func() { f.must(f.company.Close()) })
	for n := range 2 {
		w, err := replica.NewIngest(program, n, t.TempDir(), slices.Concat(f.kafka.Env(), f.company.Env(), never))
		f.must(err)
		t.Cleanup(func() { f.must(w.Kill()) })
		f.workers = append(f.workers, w)
	}
	transport := &http.Transport{MaxIdleConnsPerHost: applications}
	t.Cleanup(transport.CloseIdleConnections)
	f.presses = &replica.Presses{Workers: f.workers, Key: site.SigningKey, Client: &http.Client{Transport: transport}, Pause: 20 * time.Millisecond}
	f.company.Deliver(f.workers...)
	f.read(cluster)
	return f
}

// read prepares the reading of the topics.
func (f *fleet) read(cluster *kafkatest.Cluster) {
	f.t.Helper()
	transport := &http.Transport{}
	f.t.Cleanup(transport.CloseIdleConnections)
	registry, err := schemas.NewRegistry(schemas.RegistryConfig{URLs: []string{f.kafka.Registry}}, schemas.WithHTTPClient(&http.Client{Transport: transport}))
	f.must(err)
	decoder, err := schemas.NewDecoder(registry)
	f.must(err)
	bundle, err := avsc.Embedded()
	f.must(err)
	f.model, err = poll.NewModel(bundle)
	f.must(err)
	f.reader = verdict.Reader{Client: cluster.Client(), Topics: f.kafka.Topics(), Decoder: decoder}
}

func (f *fleet) must(err error) {
	f.t.Helper()
	if err != nil {
		f.t.Fatal(err)
	}
}

func (f *fleet) start(w *replica.Worker) {
	f.t.Helper()
	f.must(w.Start())
	ctx, cancel := context.WithTimeout(f.t.Context(), readiness)
	defer cancel()
	f.must(w.AwaitReady(ctx))
}

// replace has a replica go on as another release, and something be taken by both
// before it returns.
func (f *fleet) replace(n int, program string) {
	f.t.Helper()
	w := f.workers[n]
	if os.Getenv("MOKAFKA_UPGRADE_KILL") == "1" {
		f.must(w.Kill())
	} else {
		f.must(w.Stop(40 * time.Second))
	}
	w.Program = program
	f.start(w)
	before := f.presses.Taken()
	f.rest(between)
	f.await("webhooks to be taken", 30*time.Second, func() bool { return f.presses.Taken() >= before+applications })
}

func (f *fleet) rest(d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-f.t.Context().Done():
	case <-timer.C:
	}
}

func (f *fleet) await(what string, most time.Duration, ok func() bool) {
	f.t.Helper()
	for deadline := time.Now().Add(most); !ok(); f.rest(100 * time.Millisecond) {
		if time.Now().After(deadline) || f.workers[0].Ended() || f.workers[1].Ended() {
			f.t.Fatalf("waited in vain for %s\n%s\n---\n%s", what, f.workers[0].Tail(), f.workers[1].Tail())
		}
	}
}

func TestRollingUpgrade(t *testing.T) {
	if testing.Short() {
		t.Skip("builds two releases of the program and replaces one by the other")
	}
	old, next := oldRelease(t), newRelease(t)
	f := newFleet(t, old.Path)
	for _, w := range f.workers {
		f.start(w)
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var load sync.WaitGroup
	load.Go(func() { f.presses.Run(ctx, applications) })
	f.must(f.company.Start(t.Context(), pace))
	f.rest(between)

	f.must(f.kafka.Prepare(t.Context(), next)) // before the first worker of a release
	began := time.Now()
	f.replace(0, next)
	f.replace(1, next)
	f.replace(1, old.Path) // a rollback
	took := time.Since(began)

	f.must(f.company.Rest(t.Context()))
	stop()
	load.Wait()
	f.judge()
	t.Logf("from %s to this build and one replica back in %s, under load; %d attempts were refused or broken",
		old.Commit[:12], took.Round(100*time.Millisecond), f.presses.Refused())
}

// judge waits until the topics say what is true, and counts.
func (f *fleet) judge() {
	f.t.Helper()
	var picture *verdict.Picture
	var wrong []string
	deadline := time.Now().Add(4 * time.Minute) // on a machine that has much else to do
	for {
		caught, err := replica.Caught(f.t.Context(), f.reader.Client, f.kafka.Group(), f.kafka.Topics().Journal())
		if err == nil && caught {
			if picture, err = f.reader.Look(f.t.Context()); err != nil {
				f.t.Fatal(err)
			}
			if wrong = f.wrong(picture); len(wrong) == 0 {
				break
			}
		}
		if time.Now().After(deadline) {
			f.t.Fatalf("the topics do not say what is true (%v):\n%s\n%s\n---\n%s", err,
				strings.Join(wrong[:min(len(wrong), 20)], "\n"), f.workers[0].Tail(), f.workers[1].Tail())
		}
		f.rest(500 * time.Millisecond)
	}
	tally := f.presses.Count(picture.Candidates)
	f.t.Logf("tally: %s; %d events in all", tally, picture.Total)
	if tally.Broken() {
		f.t.Error("promises 1 to 3 are broken")
	}
	if tally.Acked < 20*applications || picture.Total-tally.Events < 50 {
		f.t.Error("the test did not put load on")
	}
}

// wrong is what the topics say that is not so. There was no backfill, and what did
// not change since the start is not polled; and nobody looks for deletions.
func (f *fleet) wrong(p *verdict.Picture) []string {
	truth := verdict.TruthOf(f.company.Truths())
	changed := map[string]bool{}
	entries, _, _ := f.company.Sim.Entries(0, 10_000_000)
	for _, e := range entries {
		for _, key := range keysOf(e) {
			changed[key] = true
		}
	}
	for key := range truth {
		if _, seen := p.Events[key]; !seen && !changed[rootOf(key)] {
			delete(truth, key)
		}
	}
	return p.Judge(truth, verdict.Expect{
		Model: f.model, Lingers: func(key string) bool { _, there := truth[key]; return !there },
	})
}
