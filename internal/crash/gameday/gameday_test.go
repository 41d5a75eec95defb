package gameday_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strconv"
	"strings"
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
	pace      = 25 * time.Millisecond
	life      = 2 * time.Second // between two losses; half of it on the embedded broker
	readiness = 2 * time.Minute
	// patience is for machines that have much else to do.
	patience = 4 * time.Minute
)

// sizes are those of the days to live.
func sizes(t *testing.T, onKafka bool) []int {
	t.Helper()
	text := os.Getenv("MOKAFKA_GAMEDAY_APPLICATIONS")
	if text == "" {
		text = "200"
		if onKafka {
			text = "400"
		}
	}
	var all []int
	for part := range strings.SplitSeq(text, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(part))
		if err != nil || n < 1 {
			t.Fatalf("MOKAFKA_GAMEDAY_APPLICATIONS is %q: it must be numbers from 1, with commas", text)
		}
		all = append(all, n)
	}
	return all
}

// day is a game day of one size.
type day struct {
	t        *testing.T
	size     int
	program  string
	registry string
	cluster  *kafkatest.Cluster
	kafka    site.Kafka
	company  *site.Company
	workers  []*replica.Worker
	reader   verdict.Reader
	model    *content.Model
	expect   verdict.Expect
	times    []measured
}

// measured is how long a recovery took.
type measured struct {
	what     string
	entities int
	took     time.Duration
}

func TestGameDay(t *testing.T) {
	if testing.Short() {
		t.Skip("lives through a bad day")
	}
	program, err := replica.Build(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	var all []measured
	for _, size := range sizes(t, os.Getenv("KAFKA_BROKERS") != "") {
		t.Run(strconv.Itoa(size), func(t *testing.T) {
			d := newDay(t, program, size)
			d.backfill()
			d.loseLocalState()
			d.loseDisk()
			d.loseStateTopic()
			d.breakMapper()
			d.loseJournal() // after that a replay has nothing to go back to
			d.loseEverything()
			all = append(all, d.times...)
		})
	}
	report(t, all)
}

func newDay(t *testing.T, program string, size int) *day {
	t.Helper()
	d := &day{t: t, size: size, program: program, registry: kafkatest.SchemaRegistry(t)}
	if d.registry == "" {
		server := httptest.NewServer(schemastest.New())
		t.Cleanup(server.Close)
		d.registry = server.URL
	}
	bundle, err := avsc.Embedded()
	d.must(err)
	d.model, err = poll.NewModel(bundle)
	d.must(err)
	d.expect = verdict.Expect{Model: d.model}
	d.company, err = site.Found(size, 7)
	d.must(err)
	t.Cleanup(func() { d.must(d.company.Close()) })
	d.useKafka(kafkatest.Start(t))
	for n := range 2 {
		w, err := replica.NewIngest(program, n, t.TempDir(), d.env())
		d.must(err)
		t.Cleanup(func() { d.must(w.Kill()) })
		d.workers = append(d.workers, w)
	}
	d.company.Deliver(d.workers...)
	for _, w := range d.workers {
		d.start(w)
	}
	return d
}

// useKafka has everything happen in a Kafka from now on, under the cluster's prefix.
func (d *day) useKafka(cluster *kafkatest.Cluster) {
	d.t.Helper()
	d.cluster = cluster
	d.kafka = site.Kafka{Brokers: cluster.Brokers, Prefix: cluster.Prefix(), Registry: d.registry, Partitions: 6}
	d.must(d.kafka.Prepare(d.t.Context(), d.program))
	transport := &http.Transport{}
	d.t.Cleanup(transport.CloseIdleConnections)
	registry, err := schemas.NewRegistry(schemas.RegistryConfig{URLs: []string{d.registry}}, schemas.WithHTTPClient(&http.Client{Transport: transport}))
	d.must(err)
	decoder, err := schemas.NewDecoder(registry)
	d.must(err)
	d.reader = verdict.Reader{Client: cluster.Client(), Topics: d.kafka.Topics(), Decoder: decoder}
}

func (d *day) env() []string { return slices.Concat(d.kafka.Env(), d.company.Env()) }

func (d *day) must(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
}

// types runs a command line as an operator does.
func (d *day) types(args ...string) string {
	d.t.Helper()
	ctx, cancel := context.WithTimeout(d.t.Context(), 15*time.Minute)
	defer cancel()
	out, err := site.Run(ctx, d.program, d.env(), args...)
	d.must(err)
	return out
}

func (d *day) start(w *replica.Worker) {
	d.t.Helper()
	d.must(w.Start())
	ctx, cancel := context.WithTimeout(d.t.Context(), readiness)
	defer cancel()
	d.must(w.AwaitReady(ctx))
}

func (d *day) stop() {
	d.t.Helper()
	for _, w := range d.workers {
		d.must(w.Stop(40 * time.Second))
	}
}

func (d *day) rest(pause time.Duration) {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-d.t.Context().Done():
	case <-timer.C:
	}
}

// life is how long the company lives between two losses: in 'make test' it is short.
func (d *day) life() time.Duration {
	if d.cluster.IsReal() {
		return life
	}
	return life / 2
}

// lives lets the company live for a while; at the end somebody deletes an
// application.
func (d *day) lives() int64 {
	d.t.Helper()
	d.must(d.company.Live(d.t.Context(), d.life(), pace))
	id, err := d.company.Delete(d.t.Context(), 5)
	d.must(err)
	return id
}

// settled waits until the topics say what is so, and returns them. The sweep is
// asked for at once: nothing else finds what was deleted.
func (d *day) settled() *verdict.Picture {
	d.t.Helper()
	for _, feed := range []string{"sweep:applications", "sweep:headcounts"} {
		// There is none to set before the first, which begins by itself.
		_, _ = site.Run(d.t.Context(), d.program, d.env(), "checkpoints", "reset", "--feed", feed, "--yes")
	}
	began := time.Now()
	defer func() { d.t.Logf("(settled in %s)", time.Since(began).Round(10*time.Millisecond)) }()
	var wrong []string
	var last error
	pause := 250 * time.Millisecond
	for deadline := time.Now().Add(patience + time.Duration(d.size)*20*time.Millisecond); time.Now().Before(deadline); d.rest(pause) {
		var caught bool
		if caught, last = replica.Caught(d.t.Context(), d.reader.Client, d.kafka.Group(), d.kafka.Topics().Journal()); last != nil || !caught {
			continue
		}
		picture, err := d.reader.Look(d.t.Context())
		d.must(err)
		if wrong = picture.Judge(verdict.TruthOf(d.company.Truths()), d.expect); len(wrong) == 0 {
			return picture
		}
		pause = min(2*pause, time.Duration(d.size+1000)*2*time.Millisecond)
	}
	d.t.Fatalf("the topics do not say what is so (%v), %d faults:\n%s\n%s\n---\n%s", last, len(wrong), strings.Join(wrong[:min(len(wrong), 20)], "\n"),
		d.workers[0].Tail(), d.workers[1].Tail())
	return nil
}

// recovered is how long it took since a recovery began, with the topics as they are
// then.
func (d *day) recovered(what string, p *verdict.Picture, took time.Duration) {
	d.t.Helper()
	entities := 0
	for _, entity := range p.States {
		if entity != nil {
			entities++
		}
	}
	d.times = append(d.times, measured{what, entities, took})
	d.t.Logf("%s: %s, with %d entities and %d events", what, took.Round(10*time.Millisecond), entities, p.Total)
}

// backfill reads what was there before.
func (d *day) backfill() {
	d.t.Helper()
	began := time.Now()
	d.types("backfill", "--feed", "all", "--since", time.Now().AddDate(-3, 0, 0).Format(time.DateOnly))
	took := time.Since(began)
	d.lives()
	d.recovered("backfill", d.settled(), took)
}
