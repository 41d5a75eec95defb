package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/mokafka/mokafka/ingest/derive"
	"github.com/mokafka/mokafka/ingest/normalize"
	"github.com/mokafka/mokafka/ingest/webhook"
	"github.com/mokafka/mokafka/internal/ops"
	"github.com/mokafka/mokafka/internal/state"
	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
)

type clock = func() time.Time

// start starts the parts one after the other: the journal's client, the local
// state, derive, and at last the door, so that intake ends first. It returns once
// the door is open. Polling comes after it: startPoller.
func (w *ingestWorker) start(ctx context.Context, ps *parts) error {
	// Asked for from the start: a worker whose door is not open yet is not ready.
	w.port.Require(ops.Check{Name: "webhook", Ready: func(context.Context) error {
		if !w.open.Load() {
			return errors.New("the door is not open yet")
		}
		return nil
	}})
	s := w.settings
	codec, err := schemas.NewCodec()
	if err != nil {
		return err
	}
	registry, err := s.Registry.client()
	if err != nil {
		return &wrongUseError{err}
	}
	client, err := w.journalClient(ps)
	if err != nil {
		return err
	}
	encoder := publish.NewEncoder(codec)
	check := preparation{
		connection: connection{Kafka: s.Kafka, Topics: s.Topics, Registry: s.Registry}, name: "ingest", limit: s.Patience.Start,
		client: client, registry: registry, encoder: encoder, log: w.log, now: w.now,
	}
	if err := check.wait(ctx, ps); err != nil {
		return err
	}
	topics := s.Topics.Topics()
	records := publish.NewRecords(encoder, topics, s.Registry.URLs[0])
	letters, err := publish.NewDeadLetters(publish.DeadLetterDeps{
		Client: client, Records: records, Timeout: s.Journal.Timeout, Now: w.now, NewID: newID, Registerer: w.metrics,
	})
	if err != nil {
		return err
	}
	decoder, err := schemas.NewDecoder(registry, schemas.WithDecoderClock(w.now))
	if err != nil {
		return err
	}
	w.kafka = kafkaParts{topics, codec, decoder, encoder, records, letters}
	if err := w.startDerive(ctx, ps); err != nil {
		return err
	}
	journal, err := publish.NewJournal(s.Journal, client, records, w.now, w.metrics)
	if err != nil {
		return err
	}
	return w.openDoor(ctx, ps, journal, letters)
}

// journalClient makes the client that webhooks wait for, and has readiness ask
// Kafka through it.
func (w *ingestWorker) journalClient(ps *parts) (*kgo.Client, error) {
	opts, err := w.settings.Kafka.Options("journal", kafkaLog(w.log), w.metrics)
	if err != nil {
		return nil, &wrongUseError{err}
	}
	client, err := kgo.NewClient(append(opts, w.settings.Journal.Options(w.settings.Topics.Topics())...)...)
	if err != nil {
		return nil, fmt.Errorf("make the journal's client: %w", err)
	}
	ps.hold("the journal's client", func(ctx context.Context) error {
		defer client.Close()
		// Whoever waited for these records has had his answer, 503.
		ctx, cancel := context.WithTimeout(ctx, flushPatience)
		defer cancel()
		if err := client.Flush(ctx); err != nil {
			w.log.Warn().Int64("records", client.BufferedProduceRecords()).Msg("records that were answered with 503 are given up")
		}
		return nil
	})
	w.port.Require(ops.Check{Name: "kafka", Ready: func(ctx context.Context) error {
		if err := client.Ping(ctx); err != nil {
			return fmt.Errorf("no broker answers: %w", err)
		}
		return nil
	}})
	return client, nil
}

const flushPatience = 3 * time.Second

// kafkaParts are what reading and writing records takes.
type kafkaParts struct {
	topics  publish.Topics
	codec   *schemas.Codec
	decoder *schemas.Decoder
	encoder *publish.Encoder
	records *publish.Records
	letters *publish.DeadLetters
}

func (w *ingestWorker) startDerive(ctx context.Context, ps *parts) error {
	s, d := w.settings, w.kafka
	store, err := state.Open(s.Derive.StateDir, state.BootID())
	if err != nil {
		return err
	}
	ps.hold("the local state", func(context.Context) error { return store.Close() })
	options := func() ([]kgo.Opt, error) { return s.Kafka.Options("derive", kafkaLog(w.log), w.metrics) }
	if _, err := options(); err != nil {
		return &wrongUseError{err}
	}
	loop, err := derive.New(s.Derive, derive.Deps{
		Client: options, Topics: d.topics, Records: d.records, Encoder: d.encoder, Codec: d.codec, Decoder: d.decoder,
		DeadLetters: d.letters, Store: store, Normalize: normalize.Options{Location: s.Moka.zone()},
		Hints: s.Polling.Feeds.On(), Now: w.now, Log: w.log, Registerer: w.metrics,
		Tracer: w.tracer,
	})
	if err != nil {
		return fmt.Errorf("make derive: %w", err)
	}
	w.port.Require(ops.Check{Name: "derive", Ready: func(context.Context) error { return loop.Ready() }})
	ps.start(ctx, "derive", loop.Run)
	return nil
}

func (w *ingestWorker) openDoor(ctx context.Context, ps *parts, journal webhook.Journal, letters webhook.DeadLetters) error {
	door, err := webhook.New(w.settings.Webhook, webhook.Deps{
		OrgID: w.settings.Moka.OrgID, Journal: journal, DeadLetters: letters,
		Log: w.log, Metrics: w.metrics, Now: w.now, Zone: w.settings.Moka.zone(),
		Tracer: w.tracer,
	})
	if err != nil {
		return &wrongUseError{err}
	}
	w.door = door
	ps.start(ctx, "the webhook door", door.Run)
	if err := ps.await(ctx, door.Ready()); err != nil {
		return err
	}
	w.open.Store(true)
	return nil
}

// newID is a random UUID.
func newID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
