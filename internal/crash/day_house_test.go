package crash_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/twmb/franz-go/pkg/kadm"

	"github.com/mokafka/mokafka/ingest/poll"
	"github.com/mokafka/mokafka/internal/checkpoint"
	"github.com/mokafka/mokafka/internal/crash/replica"
	"github.com/mokafka/mokafka/internal/kafkatest"
	"github.com/mokafka/mokafka/internal/mokasim"
	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
	"github.com/mokafka/mokafka/schemas/avsc"
)

func topicConfig(prefix string, replication int) publish.TopicConfig {
	return publish.TopicConfig{Prefix: prefix, Partitions: partitions, Replication: replication}
}

func newDay(t *testing.T) *day {
	t.Helper()
	d := &day{t: t, cluster: kafkatest.Start(t), feeds: feeds(t)}
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
			Feeds: d.feeds, PerMinute: perMinute,
		}
		d.doors.addrs[n] = cfg.Door
		text, err := json.Marshal(cfg)
		if err != nil {
			t.Fatal(err)
		}
		d.workers[n] = &replica.Worker{Program: program, Env: append(os.Environ(), roleVariable+"="+string(text))}
		t.Cleanup(func() { must(t, d.workers[n].Kill()) })
		must(t, d.workers[n].Start())
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
	d.cluster.AwaitTopic(publish.Names(specs)...)
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
	cfg.Applications, cfg.QuietShare, cfg.BurstShare, cfg.Quirks = d.cfg.applications, 0.5, 0.01, 0.1
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
