package commands_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
)

const (
	partitions = 6
	org        = "demo"
	apiKey     = "dev-api-key"
)

// house is where everybody meets: a cluster, a registry and Moka. A worker gets
// it as JSON.
type house struct {
	Brokers     []string `json:"brokers"`
	Prefix      string   `json:"prefix"`
	Replication int      `json:"replication"`
	Registry    string   `json:"registry"`
	Moka        string   `json:"moka"`
}

func (h house) config() publish.TopicConfig {
	return publish.TopicConfig{Prefix: h.Prefix, Partitions: partitions, Replication: h.Replication}
}

func (h house) group() string { return h.Prefix + "-writeback" }

func (h house) options() ([]kgo.Opt, error) {
	return []kgo.Opt{
		kgo.SeedBrokers(h.Brokers...), kgo.HeartbeatInterval(300 * time.Millisecond),
		kgo.MetadataMinAge(100 * time.Millisecond), kgo.FetchMaxWait(250 * time.Millisecond),
	}, nil
}

// words reads and writes what is in the topics.
type words struct {
	topics  publish.Topics
	codec   *schemas.Codec
	encoder *publish.Encoder
	records *publish.Records
	decoder *schemas.Decoder
}

// words registers the schemas, which are there already for all but the first.
func (h house) words(ctx context.Context) (*words, error) {
	registry, err := schemas.NewRegistry(schemas.RegistryConfig{URLs: []string{h.Registry}, Timeout: 10 * time.Second})
	if err != nil {
		return nil, err
	}
	codec, err := schemas.NewCodec()
	if err != nil {
		return nil, err
	}
	decoder, err := schemas.NewDecoder(registry)
	if err != nil {
		return nil, err
	}
	w := &words{topics: h.config().Topics(), codec: codec, encoder: publish.NewEncoder(codec), decoder: decoder}
	for _, spec := range publish.Catalogue(h.config()) {
		id, err := registry.Register(ctx, codec.Bundle(), spec.Subject, spec.Record)
		if err != nil {
			return nil, fmt.Errorf("register %s: %w", spec.Subject, err)
		}
		w.encoder.Use(spec.Name, spec.Record, id)
	}
	w.records = publish.NewRecords(w.encoder, w.topics, "")
	return w, nil
}

// result reads a record of the results topic.
func (w *words) result(rec *kgo.Record) (*schemas.WritebackResult, error) {
	if len(rec.Value) <= publish.FrameHeader {
		return nil, errors.New("a result without a value")
	}
	v := new(schemas.WritebackResult)
	return v, w.codec.Unmarshal(rec.Value[publish.FrameHeader:], v)
}

func (w *words) letter(rec *kgo.Record) (*schemas.DeadLetter, error) {
	v := new(schemas.DeadLetter)
	return v, w.codec.Unmarshal(rec.Value[publish.FrameHeader:], v)
}
