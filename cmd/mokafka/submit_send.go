package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/mokafka/mokafka/internal/writeback"
	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
	"github.com/mokafka/mokafka/schemas/avsc"
)

// submission is one run of "mokafka submit".
type submission struct {
	*program
	org  organisation
	opts submitOptions
	req  *writeback.Request
	// elsewhere are the flags that name the Kafka and the registry.
	elsewhere string

	client    *kgo.Client
	decoder   *schemas.Decoder
	partition int32
	sent      *kgo.Record // nil: nothing was
}

// dialPatience is how long Kafka and the registry may take to answer at first.
const dialPatience = 5 * time.Second

func (s *submission) run(ctx context.Context) error {
	rec, err := s.record(ctx)
	if err != nil {
		return err
	}
	topics := s.org.Topics.Topics()
	s.client, err = s.org.dial(ctx, dialPatience, s.quiet(), publish.ProducerOptions(topics)...)
	if err != nil {
		return err
	}
	defer s.client.Close()
	from, end, err := s.place(ctx, topics)
	if err != nil {
		return err
	}
	if s.opts.id != "" {
		before, err := s.lookBack(ctx, from, end)
		if err != nil {
			return err
		}
		if before != nil && (before.ParameterHash != s.req.Hash || before.Outcome != schemas.WritebackOutcomePending) {
			return s.repeated(before)
		}
	}
	done := make(chan error, 1)
	s.client.Produce(context.Background(), rec, func(_ *kgo.Record, err error) { done <- err })
	select {
	case err = <-done:
	case <-time.After(produceTimeout):
		err = fmt.Errorf("not taken within %s; it may be yet", produceTimeout)
	}
	if err != nil {
		return fmt.Errorf("send command %s: %w", s.req.Command.CommandID, err)
	}
	s.sent = rec
	return s.follow(ctx, end)
}

// produceTimeout is how long Kafka may take to acknowledge a command.
const produceTimeout = 15 * time.Second

// record frames the command with the schema that the registry has.
func (s *submission) record(ctx context.Context) (*kgo.Record, error) {
	registry, err := s.org.open(dialPatience)
	if err != nil {
		return nil, err
	}
	if s.decoder, err = schemas.NewDecoder(registry); err != nil {
		return nil, err
	}
	bundle, err := avsc.Embedded()
	if err != nil {
		return nil, err
	}
	topic := s.org.Topics.Topics().Commands()
	spec, err := specOf(publish.Catalogue(s.org.Topics), topic)
	if err != nil {
		return nil, err
	}
	id, err := registry.LookupID(ctx, bundle, spec.Subject, spec.Record)
	switch {
	case errors.Is(err, schemas.ErrRegistryUnavailable):
		return nil, noRegistry(err, s.org.Registry.URLs)
	case errors.Is(err, schemas.ErrNotRegistered):
		return nil, fmt.Errorf("the schema of %s is not registered: run 'mokafka schemas register' first", topic)
	case err != nil:
		return nil, err
	}
	codec, err := schemas.NewCodec()
	if err != nil {
		return nil, err
	}
	key, value, err := schemas.EncodeCommand(codec, id, s.req.Command)
	if err != nil {
		return nil, &wrongUseError{errors.New(plain(err))}
	}
	return &kgo.Record{Topic: topic, Key: []byte(key), Value: value}, nil
}

func specOf(specs []publish.Spec, topic string) (publish.Spec, error) {
	for _, spec := range specs {
		if spec.Name == topic {
			return spec, nil
		}
	}
	return publish.Spec{}, fmt.Errorf("there is no topic %s in the catalogue", topic)
}

// place finds the partition of the command and its result, and what the results
// hold of it now: the result of a command comes after its command.
func (s *submission) place(ctx context.Context, topics publish.Topics) (from, end int64, err error) {
	ctx, cancel := context.WithTimeout(ctx, 2*dialPatience)
	defer cancel()
	admin := kadm.NewClient(s.client)
	starts, err := offsetsOf(ctx, topics.Results(), admin.ListStartOffsets)
	if err == nil && len(starts) == 0 {
		err = kerr.UnknownTopicOrPartition
	}
	if errors.Is(err, kerr.UnknownTopicOrPartition) {
		return 0, 0, fmt.Errorf("there is no topic %s: run 'mokafka topics apply' first", topics.Results())
	}
	if err != nil {
		return 0, 0, err
	}
	// What transactions that are still open hold comes after this.
	ends, err := offsetsOf(ctx, topics.Results(), admin.ListCommittedOffsets)
	if err != nil {
		return 0, 0, err
	}
	s.partition = publish.Partition(s.req.Key, len(starts))
	return starts[s.partition], ends[s.partition], nil
}

// lookBack finds the last result of the command's id, nil for none.
func (s *submission) lookBack(ctx context.Context, from, end int64) (*schemas.WritebackResult, error) {
	if from >= end {
		return nil, nil
	}
	var last *kgo.Record
	err := s.read(ctx, from, func(rec *kgo.Record) (done bool, err error) {
		if string(rec.Key) == s.req.Command.CommandID && !rec.Attrs.IsControl() {
			last = rec
		}
		return rec.Offset >= end-1, nil
	})
	if err != nil || last == nil || last.Value == nil {
		return nil, err
	}
	return schemas.DecodeAs[schemas.WritebackResult](ctx, s.decoder, last.Value)
}

// repeated tells what is known of an id that was used before.
func (s *submission) repeated(before *schemas.WritebackResult) error {
	if before.ParameterHash != s.req.Hash {
		return fmt.Errorf("the id %s was used before, for something else (%s, %s): nothing is sent", before.CommandID, before.Action, before.Outcome)
	}
	fmt.Fprintf(s.stderr, "the command was sent before: nothing is sent\n")
	return s.show(before)
}

// nobody says who is to carry the command out, where nobody is there to.
func (s *submission) nobody(ctx context.Context) string {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), dialPatience)
	defer cancel()
	group, _ := s.lookup("WRITEBACK_GROUP")
	group = cmp.Or(group, s.org.Topics.Topics().WritebackGroup())
	d := desk{client: s.client, group: group}
	if there, err := d.polled(ctx); err != nil || there {
		return ""
	}
	return fmt.Sprintf(" (no 'mokafka writeback' runs: the group %s has no members)", group)
}
