package crash_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/mokafka/mokafka/ingest/content"
	"github.com/mokafka/mokafka/ingest/poll"
	"github.com/mokafka/mokafka/internal/checkpoint"
	"github.com/mokafka/mokafka/internal/kafkatest"
	"github.com/mokafka/mokafka/internal/mokasim"
	"github.com/mokafka/mokafka/internal/mokasim/api"
	"github.com/mokafka/mokafka/internal/state"
	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
	"github.com/mokafka/mokafka/schemas/avsc"
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
		hours, changes, scale, many, killed = 4, 4000, 120, 2000, 14
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

func feeds() poll.Config {
	return poll.Config{
		Applications: poll.ApplicationsV2, ApplicationsInterval: 10 * time.Second, ApplicationsIdleInterval: 20 * time.Second,
		Overlap: 20 * time.Second, LookBack: 6 * time.Minute, HeadcountsInterval: time.Minute,
		InterviewsInterval: 5 * time.Minute, InterviewsPast: 7, InterviewsAhead: 22, FeedbacksInterval: 5 * time.Minute,
		HotSetMinAge: 2 * time.Minute, SweepEvery: sweepEvery, GoneAfter: 4 * time.Minute, Parallel: 4,
	}
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
	workers [replicas]*worker
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

func topicConfig(prefix string, replication int) publish.TopicConfig {
	return publish.TopicConfig{Prefix: prefix, Partitions: partitions, Replication: replication}
}

func newDay(t *testing.T) *day {
	t.Helper()
	d := &day{t: t, cluster: kafkatest.Start(t)}
	d.cfg = dayOf(t, d.cluster.IsReal())
	now := time.Now()
	// Kafka takes no records of tomorrow, and keeps those of the last days.
	d.founded = now.Add(-d.cfg.length - 24*time.Hour).Truncate(time.Second).UTC()
	d.clock = clock{From: now.Round(0), At: d.founded, Scale: d.cfg.scale}
	ids, registry := d.prepare()
	d.company()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for n := range d.workers {
		cfg := replicaConfig{
			Instance: "replica-" + strconv.Itoa(n), Clock: d.clock, Brokers: d.cluster.Brokers, Prefix: d.cluster.Prefix(),
			SchemaIDs: ids, Registry: registry, Door: freeAddr(t), Moka: d.front.serve(t, n), Dir: t.TempDir(),
			Feeds: feeds(), PerMinute: perMinute,
		}
		d.doors.addrs[n] = cfg.Door
		text, err := json.Marshal(cfg)
		if err != nil {
			t.Fatal(err)
		}
		d.workers[n] = &worker{t: t, binary: program, env: append(os.Environ(), roleVariable+"="+string(text))}
		t.Cleanup(d.workers[n].kill)
		d.workers[n].start()
	}
	return d
}

// prepare makes topics and schemas; it returns the ids of those by topic, and
// where the registry is.
func (d *day) prepare() (ids map[string]int, url string) {
	d.t.Helper()
	t, url := d.t, registryURL(d.t)
	replication := 1
	if len(d.cluster.Brokers) >= 3 {
		replication = 3
	}
	specs := publish.Catalogue(topicConfig(d.cluster.Prefix(), replication))
	d.topics = publish.NewTopics(d.cluster.Prefix())
	d.writer = d.cluster.Client(publish.ProducerOptions(d.topics)...)
	if _, err := publish.Apply(t.Context(), kadm.NewClient(d.writer), specs, publish.ApplyOptions{}); err != nil {
		t.Fatal(err)
	}
	registry, err := schemas.NewRegistry(schemas.RegistryConfig{URLs: []string{url}})
	if err != nil {
		t.Fatal(err)
	}
	bundle, err := avsc.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	if d.codec, err = schemas.NewCodec(); err != nil {
		t.Fatal(err)
	}
	if d.model, err = poll.NewModel(bundle); err != nil {
		t.Fatal(err)
	}
	encoder := publish.NewEncoder(d.codec)
	ids = map[string]int{}
	for _, spec := range specs {
		if ids[spec.Name], err = registry.Register(t.Context(), bundle, spec.Subject, spec.Record); err != nil {
			t.Fatal(err)
		}
		encoder.Use(spec.Name, spec.Record, ids[spec.Name])
	}
	decoder, err := schemas.NewDecoder(registry)
	if err != nil {
		t.Fatal(err)
	}
	d.table = checkpoint.Table{
		OrgID: org, Topics: d.topics, Records: publish.NewRecords(encoder, d.topics, ""), Encoder: encoder, Codec: d.codec, Decoder: decoder,
	}
	return ids, url
}

// company founds the simulated company, which stands still.
func (d *day) company() {
	d.t.Helper()
	t := d.t
	d.doors = &doors{client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 8}}}
	t.Cleanup(d.doors.client.CloseIdleConnections)
	pushed := httptest.NewServer(d.doors)
	t.Cleanup(pushed.Close)
	cfg := mokasim.DefaultConfig()
	cfg.Addr, cfg.Seed, cfg.Pace, cfg.OrgID, cfg.APIKey = "127.0.0.1:0", d.cfg.seed, 0, org, apiKey
	cfg.Applications, cfg.QuietShare, cfg.BurstShare, cfg.Quirks = d.cfg.applications, 0.3, 0.01, 0.1
	cfg.VisibleAfter, cfg.ClockSkew, cfg.QuotaPerMinute = visibleAfter, skew, perMinute
	cfg.WebhookURL, cfg.SigningKey, cfg.Retries = pushed.URL+"/webhooks/moka", signingKey, 20
	d.sim = mokasim.New(cfg, mokasim.Deps{Log: zerolog.Nop(), Clock: d.clock})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- d.sim.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("the simulator: %v", err)
		}
	})
	select {
	case <-d.sim.Ready():
	case err := <-done:
		done <- err
		t.Fatalf("the simulator: %v", err)
	}
	d.front = newFront(d.sim.Handler(), d.clock)
}

// manage asks the simulator's management port, and returns its answer.
func (d *day) manage(method, path, body string) []byte {
	d.t.Helper()
	req, err := http.NewRequestWithContext(d.t.Context(), method, "http://"+d.sim.Addr()+"/__sim/"+path, strings.NewReader(body))
	if err != nil {
		d.t.Fatal(err)
	}
	resp, err := d.doors.client.Do(req)
	if err != nil {
		d.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		d.t.Fatalf("%s: %d %s %v", path, resp.StatusCode, answer, err)
	}
	return answer
}

// await waits until ok, for at most a time by the real clock.
func (d *day) await(what string, most time.Duration, ok func() bool) {
	d.t.Helper()
	for deadline := time.Now().Add(most); !ok(); pause(d.t, 50*time.Millisecond) {
		if time.Now().After(deadline) || d.workers[0].ended() || d.workers[1].ended() {
			d.t.Fatalf("%s: not within %s\n%s\n---\n%s", what, most, d.workers[0].tail(), d.workers[1].tail())
		}
	}
}

// cursors are all checkpoints, by feed.
func (d *day) cursors() map[string]*schemas.Checkpoint {
	d.t.Helper()
	all, err := checkpoint.List(d.t.Context(), d.writer, d.table)
	if err != nil {
		d.t.Fatalf("list the checkpoints: %v", err)
	}
	byFeed := map[string]*schemas.Checkpoint{}
	for _, c := range all {
		byFeed[c.Feed] = c
	}
	return byFeed
}

func (d *day) put(c *schemas.Checkpoint) {
	d.t.Helper()
	if err := checkpoint.Put(d.t.Context(), d.writer, d.table, c); err != nil {
		d.t.Fatal(err)
	}
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
	expected := time.Duration(float64(d.cfg.applications)/20/perMinute*float64(time.Minute)) * 4
	d.await("the backfill", time.Minute+d.clock.real(expected), func() bool {
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
		{Endpoint: "reads", Kind: api.FaultSlow, For: api.Duration(time.Minute), Probability: 0.01},
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
	d.clock.sleep(d.t.Context(), feeds().LookBack+visibleAfter+skew+2*feeds().HotSetMinAge+4*time.Minute)
	d.awaitDerived()
	d.tally.sweptAt = d.clock.Now()
	asked := d.clock.Now()
	due := asked.Add(-sweepEvery)
	for _, feed := range []string{"sweep:applications", "sweep:headcounts"} {
		d.put(&schemas.Checkpoint{Feed: feed, StartedAt: &due, Completed: true, SavedAt: asked})
	}
	sweep := time.Duration(float64(d.cfg.applications)/20/perMinute*float64(time.Minute)) * 4
	d.await("the sweep", most+d.clock.real(sweep), func() bool {
		c := d.cursors()
		all, lists := c["sweep:applications"], c["sweep:headcounts"]
		return all != nil && all.Completed && all.StartedAt != nil && !all.StartedAt.Before(asked) &&
			lists != nil && lists.StartedAt != nil && !lists.StartedAt.Before(asked)
	})
	// What was not there is asked for once more.
	d.clock.sleep(d.t.Context(), 2*feeds().GoneAfter+3*time.Minute)
	d.awaitDerived()
	for _, w := range d.workers {
		w.kill()
	}
}

// awaitDerived waits until no entry of the journal is left to derive. What a
// transaction leaves behind its records is none, though it counts as lag.
func (d *day) awaitDerived() {
	d.t.Helper()
	group, adm := d.cluster.Prefix()+"-derive", kadm.NewClient(d.writer)
	d.await("the journal is derived", 2*time.Minute, func() bool {
		commits, err := adm.FetchOffsets(d.t.Context(), group)
		if err != nil || commits.Error() != nil {
			return false
		}
		for n := range int32(partitions) {
			p := state.Partition{Topic: d.topics.Journal(), Partition: n}
			log, err := state.OpenLog(d.t.Context(), d.writer, p)
			if err != nil {
				return false
			}
			end, err := log.End(d.t.Context())
			if err != nil {
				return false
			}
			from := int64(0)
			if c, ok := commits.Lookup(p.Topic, n); ok {
				from = c.At
			}
			left, err := underived(d.t.Context(), log, from, end)
			if err != nil || left {
				return false
			}
		}
		return true
	})
}

// errLeft ends the reading at the first record.
var errLeft = errors.New("a record is left")

func underived(ctx context.Context, log *state.Log, from, end int64) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	_, err := log.Read(ctx, from, end, func(recs []*kgo.Record) error {
		if len(recs) > 0 {
			return errLeft
		}
		return nil
	})
	if errors.Is(err, errLeft) {
		return true, nil
	}
	return false, err
}

// pushesSettled tells whether no webhook waits any more.
func (d *day) pushesSettled() bool {
	d.t.Helper()
	var status mokasim.Status
	if err := json.Unmarshal(d.manage(http.MethodGet, "status", ""), &status); err != nil {
		d.t.Fatal(err)
	}
	return status.Queued == 0
}
