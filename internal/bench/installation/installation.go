// Package installation sets mokafka up on a broker to be measured: topics under
// a prefix of their own, and what writes them, put together as the ingest worker
// does. There is no registry: schema ids are made up, which costs the same.
//
// Clients log warnings and errors, and count, as they do in production.
package installation

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
)

// Partitions of each topic: what mokafka sets up by default.
const Partitions = 12

// Org is the organisation that the webhooks are of.
const Org = "demo"

// Config says where.
type Config struct {
	// Broker is its host and port.
	Broker string
	// Prefix of the topics.
	Prefix string
	// Log gets what goes wrong.
	Log io.Writer
}

// Installation is immutable.
type Installation struct {
	cfg     Config
	Topics  publish.Topics
	Codec   *schemas.Codec
	Encoder *publish.Encoder
	Records *publish.Records
	Log     zerolog.Logger
	specs   []publish.Spec
}

// New puts it together; it does not talk to the broker.
func New(cfg Config) (*Installation, error) {
	codec, err := schemas.NewCodec()
	if err != nil {
		return nil, fmt.Errorf("set up an installation: %w", err)
	}
	layout := publish.TopicConfig{Prefix: cfg.Prefix, Partitions: Partitions, Replication: 1}
	if err := layout.Validate(); err != nil {
		return nil, fmt.Errorf("set up an installation: %w", err)
	}
	i := &Installation{
		cfg: cfg, Topics: layout.Topics(), Codec: codec, Encoder: publish.NewEncoder(codec),
		Log: zerolog.New(cfg.Log).Level(zerolog.WarnLevel), specs: publish.Catalogue(layout),
	}
	for n, spec := range i.specs {
		i.Encoder.Use(spec.Name, spec.Record, n+1)
	}
	i.Records = publish.NewRecords(i.Encoder, i.Topics, "http://127.0.0.1:8081")
	return i, nil
}

// Options are those of every client of the installation.
func (i *Installation) Options(role string, reg prometheus.Registerer) ([]kgo.Opt, error) {
	cfg := publish.ClientConfig{Brokers: []string{i.cfg.Broker}, ClientID: "bench-" + i.cfg.Prefix}
	return cfg.Options(role, i.Log, reg)
}

// Client makes a client with further options. The caller closes it.
func (i *Installation) Client(role string, reg prometheus.Registerer, opts ...kgo.Opt) (*kgo.Client, error) {
	common, err := i.Options(role, reg)
	if err != nil {
		return nil, err
	}
	client, err := kgo.NewClient(append(common, opts...)...)
	if err != nil {
		return nil, fmt.Errorf("make a client: %w", err)
	}
	return client, nil
}

// Create creates the topics, and waits until admin's client has heard of them:
// it remembers for a while that there was no such topic.
func (i *Installation) Create(ctx context.Context, admin *kadm.Client) error {
	if _, err := publish.Apply(ctx, admin, i.specs, publish.ApplyOptions{}); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	pause := time.NewTicker(50 * time.Millisecond)
	defer pause.Stop()
	for {
		offsets, err := admin.ListEndOffsets(ctx, i.names()...)
		if err == nil {
			err = offsets.Error()
		}
		if err == nil {
			return nil
		}
		select {
		case <-pause.C:
		case <-ctx.Done():
			return fmt.Errorf("wait for the topics of %s: %w", i.cfg.Prefix, err)
		}
	}
}

// Drop deletes the topics: the broker keeps all records in memory.
func (i *Installation) Drop(ctx context.Context, admin *kadm.Client) error {
	if _, err := admin.DeleteTopics(ctx, i.names()...); err != nil {
		return fmt.Errorf("delete the topics of %s: %w", i.cfg.Prefix, err)
	}
	return nil
}

func (i *Installation) names() []string {
	names := make([]string, 0, len(i.specs))
	for _, spec := range i.specs {
		names = append(names, spec.Name)
	}
	return names
}

// Trim deletes all records of the topics named, and returns how many there were
// that had not been deleted before.
func Trim(ctx context.Context, admin *kadm.Client, topics ...string) (int64, error) {
	starts, err := admin.ListStartOffsets(ctx, topics...)
	if err == nil {
		err = starts.Error()
	}
	if err != nil {
		return 0, fmt.Errorf("find the start of %v: %w", topics, err)
	}
	ends, err := admin.ListEndOffsets(ctx, topics...)
	if err == nil {
		err = ends.Error()
	}
	if err != nil {
		return 0, fmt.Errorf("find the end of %v: %w", topics, err)
	}
	var records int64
	ends.Each(func(end kadm.ListedOffset) {
		start, _ := starts.Lookup(end.Topic, end.Partition)
		records += end.Offset - start.Offset
	})
	responses, err := admin.DeleteRecords(ctx, ends.Offsets())
	if err == nil {
		err = responses.Error()
	}
	if err != nil {
		return 0, fmt.Errorf("delete the records of %v: %w", topics, err)
	}
	return records, nil
}
