package audit

import (
	"context"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/mokafka/mokafka/internal/state"
	"github.com/mokafka/mokafka/publish"
)

// Decoder reads framed values of any version; *schemas.Decoder does.
type Decoder interface {
	Decode(ctx context.Context, value []byte) (any, error)
}

// PictureDeps are what a Picture is made from; all are needed.
type PictureDeps struct {
	OrgID  string
	Client *kgo.Client
	Topics publish.Topics
	// Families are those whose states are read.
	Families []publish.Family
	Decoder  Decoder
	// Store is a copy of its own: nobody else may write to it.
	Store *state.Store
	Now   func() time.Time
}

// Picture is what the state topics hold of an organisation. Not safe for
// concurrent use.
type Picture struct {
	deps       PictureDeps
	partitions map[publish.Family]int
}

// NewPicture reads nothing yet.
func NewPicture(deps PictureDeps) *Picture {
	return &Picture{deps: deps, partitions: map[publish.Family]int{}}
}

// Refresh implements States. It waits for transactions that are open, and for
// Kafka, as long as ctx lasts.
func (p *Picture) Refresh(ctx context.Context) error {
	names := make([]string, 0, len(p.deps.Families))
	for _, f := range p.deps.Families {
		names = append(names, p.deps.Topics.State(f))
	}
	topics, err := kadm.NewClient(p.deps.Client).ListTopics(ctx, names...)
	if err == nil {
		err = topics.Error()
	}
	if err != nil {
		return fmt.Errorf("look up the state topics: %w", err)
	}
	var all []state.Partition
	for i, f := range p.deps.Families {
		p.partitions[f] = len(topics[names[i]].Partitions)
		for n := range topics[names[i]].Partitions {
			all = append(all, state.Partition{Topic: names[i], Partition: n})
		}
	}
	_, err = p.deps.Store.Restore(ctx, p.deps.Client, all, p.deps.Now)
	return err
}

// Get implements States.
func (p *Picture) Get(ctx context.Context, family publish.Family, root, key string) (any, error) {
	n := p.partitions[family]
	if n == 0 {
		return nil, fmt.Errorf("the states of %s were not read", family)
	}
	at := state.Partition{Topic: p.deps.Topics.State(family), Partition: publish.Partition(root, n)}
	raw, err := p.deps.Store.Get(at, key)
	if err != nil || raw == nil {
		return nil, err
	}
	v, err := p.deps.Decoder.Decode(ctx, raw)
	if err != nil {
		return nil, fmt.Errorf("decode the state of %s: %w", key, err)
	}
	return v, nil
}

// Each implements States, for candidates and headcounts, whose keys are their
// roots.
func (p *Picture) Each(ctx context.Context, family publish.Family, fn func(state any) error) error {
	prefix := publish.CandidateKey(p.deps.OrgID, 1)
	if family == publish.Headcounts {
		prefix = publish.HeadcountKey(p.deps.OrgID, 1)
	}
	prefix = prefix[:len(prefix)-1]
	for n := range p.partitions[family] {
		at := state.Partition{Topic: p.deps.Topics.State(family), Partition: int32(n)}
		// First all keys: what reads them must not use the copy.
		var keys []string
		err := p.deps.Store.Keys(at, prefix, func(key string) error {
			keys = append(keys, key)
			return nil
		})
		if err != nil {
			return err
		}
		for _, key := range keys {
			v, err := p.Get(ctx, family, key, key)
			if err != nil {
				return err
			}
			if err := fn(v); err != nil {
				return err
			}
		}
	}
	return nil
}
