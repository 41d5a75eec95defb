package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
)

// newTopicPatience is how long a client may not have heard of a topic that was
// just made.
const newTopicPatience = 10 * time.Second

// prepareFeed returns what tells events and dead letters as they happen from now on. Candidates'
// names are told where the simulator made them up.
func (d *devHouse) prepareFeed(ctx context.Context) (feed func(context.Context) error, err error) {
	topics := d.settings.Topics.Topics()
	admin := kadm.NewClient(d.client)
	starts := map[string]map[int32]kgo.Offset{}
	told := []string{topics.DeadLetters()}
	for _, f := range publish.Families() {
		told = append(told, topics.Events(f))
	}
	for _, topic := range told {
		ends, err := offsetsOf(ctx, topic, admin.ListEndOffsets)
		for began := time.Now(); errors.Is(err, kerr.UnknownTopicOrPartition) && time.Since(began) < newTopicPatience; {
			if err := wait(ctx, 100*time.Millisecond); err != nil {
				return nil, err
			}
			ends, err = offsetsOf(ctx, topic, admin.ListEndOffsets)
		}
		if err != nil {
			return nil, err
		}
		starts[topic] = map[int32]kgo.Offset{}
		for partition, end := range ends {
			starts[topic][partition] = kgo.NewOffset().At(end)
		}
	}
	opts, err := d.settings.Kafka.Options("feed", kafkaLog(d.log), nil)
	if err != nil {
		return nil, &wrongUseError{err}
	}
	client, err := kgo.NewClient(append(opts,
		kgo.ConsumePartitions(starts), kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.FetchMaxWait(500*time.Millisecond), kgo.MetadataMinAge(250*time.Millisecond),
	)...)
	if err != nil {
		return nil, fmt.Errorf("make the feed's client: %w", err)
	}
	d.parts.hold("the feed's client", func(context.Context) error { client.Close(); return nil })
	registry, err := d.settings.Registry.client()
	if err != nil {
		return nil, &wrongUseError{err}
	}
	decoder, err := schemas.NewDecoder(registry)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context) error { return d.tell(ctx, client, decoder) }, nil
}

func (d *devHouse) tell(ctx context.Context, client *kgo.Client, decoder *schemas.Decoder) error {
	for {
		fetches := client.PollFetches(ctx)
		select {
		case <-ctx.Done():
			return nil
		default:
		}
		for _, e := range fetches.Errors() {
			d.log.Warn().Err(e.Err).Str("topic", e.Topic).Int32("partition", e.Partition).Msg("the feed cannot read")
			_ = wait(ctx, time.Second) // a context that has ended ends the next poll
		}
		for _, rec := range fetches.Records() {
			event, err := decoder.Decode(ctx, rec.Value)
			if err != nil {
				d.log.Warn().Err(err).Str("topic", rec.Topic).Int32("partition", rec.Partition).Int64("offset", rec.Offset).
					Msg("the feed cannot decode an event")
				continue
			}
			if letter, ok := event.(*schemas.DeadLetter); ok {
				fmt.Fprintf(d.stdout, "%s  dead letter %-18s  %s: see 'mokafka tail dlq'\n",
					letter.OccurredAt.Local().Format(time.TimeOnly), letter.ErrorClass, letter.ErrorText)
			}
			if h, ok := happeningOf(event); ok {
				fmt.Fprintln(d.stdout, h.line(h.observed.Local().Format(time.TimeOnly), !d.options.noSim))
			}
		}
	}
}
