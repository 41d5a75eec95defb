package main

import (
	"context"
	"fmt"
	"maps"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/mokafka/mokafka/internal/kafkatest"
	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
	"github.com/mokafka/mokafka/schemas/schemastest"
)

// site is a Kafka and a registry with nothing in them, under a prefix of its own.
type site struct {
	console
	cluster *kafkatest.Cluster
	topics  publish.Topics
	cfg     publish.TopicConfig
}

func newSite(t *testing.T, opts ...kafkatest.Option) *site {
	t.Helper()
	cluster := kafkatest.Start(t, opts...)
	registry := kafkatest.SchemaRegistry(t)
	if registry == "" {
		server := httptest.NewServer(schemastest.New())
		t.Cleanup(server.Close)
		registry = server.URL
	}
	cfg := publish.TopicConfig{Prefix: cluster.Prefix(), Partitions: 4, Replication: 1}
	if cluster.IsReal() && len(cluster.Brokers) >= 3 {
		cfg.Replication = 3
	}
	return &site{
		console: console{t, map[string]string{
			"KAFKA_BROKERS": strings.Join(cluster.Brokers, ","), "SCHEMA_REGISTRY_URL": registry,
			"KAFKA_TOPIC_PREFIX": cfg.Prefix, "KAFKA_TOPIC_PARTITIONS": fmt.Sprint(cfg.Partitions),
			"KAFKA_TOPIC_REPLICATION": fmt.Sprint(cfg.Replication),
		}},
		cluster: cluster, topics: cfg.Topics(), cfg: cfg,
	}
}

// with is the site's console with more in its environment.
func (s *site) with(more map[string]string) console {
	env := maps.Clone(s.env)
	maps.Copy(env, more)
	return console{s.t, env}
}

// records builds records as the worker does.
func (s *site) records() *publish.Records {
	s.t.Helper()
	codec, err := schemas.NewCodec()
	if err != nil {
		s.t.Fatal(err)
	}
	registry, err := schemas.NewRegistry(schemas.RegistryConfig{URLs: []string{s.env["SCHEMA_REGISTRY_URL"]}, Timeout: attemptTimeout})
	if err != nil {
		s.t.Fatal(err)
	}
	encoder := publish.NewEncoder(codec)
	if err := encoder.Prepare(s.t.Context(), registry, publish.Catalogue(s.cfg)); err != nil {
		s.t.Fatal(err)
	}
	return publish.NewRecords(encoder, s.topics, s.env["SCHEMA_REGISTRY_URL"])
}

// produce writes records, in order.
func (s *site) produce(client *kgo.Client, records ...*kgo.Record) {
	s.t.Helper()
	for _, rec := range records {
		if err := client.ProduceSync(s.t.Context(), rec).FirstErr(); err != nil {
			s.t.Fatal(err)
		}
	}
}

// transact writes records in a transaction of their own.
func (s *site) transact(client *kgo.Client, how kgo.TransactionEndTry, records ...*kgo.Record) {
	s.t.Helper()
	if err := client.BeginTransaction(); err != nil {
		s.t.Fatal(err)
	}
	s.produce(client, records...)
	if err := client.EndTransaction(context.Background(), how); err != nil {
		s.t.Fatal(err)
	}
}
