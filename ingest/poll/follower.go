package poll

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/rs/zerolog"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
)

// Decoder reads framed values of any version; *schemas.Decoder does.
type Decoder interface {
	Decode(ctx context.Context, value []byte) (any, error)
}

// follower has the index know every entity that the state topics hold, also those
// that another replica, a webhook or a former owner of the organisation saw.
type follower struct {
	client  func() ([]kgo.Opt, error)
	topics  publish.Topics
	decoder Decoder
	org     string
	index   *Index
	log     zerolog.Logger
}

// belong has the index begin anew if the topics are others than those it knows,
// and returns their names with the ids of their partitions.
func (f *follower) belong(ctx context.Context, client *kgo.Client, revision int) (kadm.TopicDetails, error) {
	var names []string
	for _, family := range publish.Families() {
		names = append(names, f.topics.State(family))
	}
	details, err := kadm.NewClient(client).ListTopics(ctx, names...)
	if err == nil {
		err = details.Error()
	}
	if err != nil {
		return nil, fmt.Errorf("look up the state topics: %w", err)
	}
	// What was journaled was derived into all of them.
	owner := fmt.Sprintf("%s/%d", f.org, revision)
	for _, name := range names {
		owner += "/" + details[name].ID.String()
	}
	delete(details, f.topics.State(publish.Offers)) // they name no entities of their own
	delete(details, f.topics.State(publish.Interviews))
	return details, f.index.Belong(owner)
}

// run follows until ctx ends, which is no error.
func (f *follower) run(ctx context.Context, details kadm.TopicDetails) error {
	from := map[string]map[int32]kgo.Offset{}
	for name, topic := range details {
		from[name] = map[int32]kgo.Offset{}
		for p := range topic.Partitions {
			next, err := f.index.Offset(partitionName(name, p))
			if err != nil {
				return fmt.Errorf("read the poll index: %w", err)
			}
			from[name][p] = kgo.NewOffset().At(next)
		}
	}
	opts, err := f.client()
	if err != nil {
		return err
	}
	client, err := kgo.NewClient(append(opts,
		kgo.ConsumePartitions(from), kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.FetchMaxWait(500*time.Millisecond),
	)...)
	if err != nil {
		return fmt.Errorf("make the client that follows the state topics: %w", err)
	}
	defer client.Close()
	for {
		fetches := client.PollRecords(ctx, 2000)
		if ctx.Err() != nil {
			return nil
		}
		for _, fe := range fetches.Errors() {
			f.log.Warn().Err(fe.Err).Str("topic", fe.Topic).Int32("partition", fe.Partition).Msg("the poller can't follow the state topics; it tries again")
		}
		var failed error
		fetches.EachPartition(func(p kgo.FetchTopicPartition) {
			if failed == nil && len(p.Records) > 0 {
				failed = f.take(ctx, p)
			}
		})
		if failed != nil && ctx.Err() == nil {
			return failed
		}
	}
}

func partitionName(topic string, p int32) string { return fmt.Sprintf("%s/%d", topic, p) }

func (f *follower) take(ctx context.Context, p kgo.FetchTopicPartition) error {
	sightings := make([]Sighting, 0, len(p.Records))
	for _, rec := range p.Records {
		if rec.Value == nil {
			continue // the deletion was told before
		}
		s, ok, err := f.patiently(ctx, rec)
		if err != nil {
			return fmt.Errorf("read %s/%d@%d: %w", rec.Topic, rec.Partition, rec.Offset, err)
		}
		if ok {
			sightings = append(sightings, s)
		}
	}
	return f.index.Follow(partitionName(p.Topic, p.Partition), p.Records[len(p.Records)-1].Offset+1, sightings)
}

// followPause is how long to wait for the registry. Polling goes on meanwhile.
const followPause = time.Second

// patiently reads a record as soon as the registry lets it, or until ctx ends.
func (f *follower) patiently(ctx context.Context, rec *kgo.Record) (Sighting, bool, error) {
	for told := false; ; told = true {
		s, ok, err := f.read(ctx, rec.Value)
		if err == nil || ctx.Err() != nil {
			return s, ok, err
		}
		if !told {
			f.log.Warn().Err(err).Str("topic", rec.Topic).Int32("partition", rec.Partition).Msg("the poller can't read the state topics; it tries again")
		}
		timer := time.NewTimer(followPause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
		}
	}
}

// read tells what a state says of its entity. What can't be read, or is not of
// Moka's own applications, says nothing; an error is temporary.
func (f *follower) read(ctx context.Context, value []byte) (Sighting, bool, error) {
	v, err := f.decoder.Decode(ctx, value)
	if ctx.Err() != nil {
		return Sighting{}, false, context.Cause(ctx)
	}
	if errors.Is(err, schemas.ErrRegistryUnavailable) {
		return Sighting{}, false, err
	}
	switch s := v.(type) {
	case *schemas.CandidateState:
		if c := s.Entity; c != nil && c.OrgID == f.org && c.ApplicationID > 0 {
			return Sighting{Kind: Applications, ID: c.ApplicationID, Hot: hot(c)}, true, nil
		}
	case *schemas.HeadcountState:
		if h := s.Entity; h != nil && h.OrgID == f.org && h.HeadcountID > 0 {
			return Sighting{Kind: Headcounts, ID: h.HeadcountID}, true, nil
		}
	}
	return Sighting{}, false, nil
}
