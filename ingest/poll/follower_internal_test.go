package poll

import (
	"context"
	"testing"

	"github.com/rs/zerolog"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/mokafka/mokafka/schemas"
)

// registry is one that is out of order at first.
type registry struct {
	failing int
	then    func()
}

func (r *registry) Decode(context.Context, []byte) (any, error) {
	if r.failing--; r.failing >= 0 {
		return nil, schemas.ErrRegistryUnavailable
	}
	if r.then != nil {
		r.then()
	}
	return &schemas.CandidateState{Entity: &schemas.Candidate{OrgID: "org", ApplicationID: 7}}, nil
}

// What the follower did not read is not passed over, whether the registry fails
// or the lease ends in the middle.
func TestFollowerPassesOverNothing(t *testing.T) {
	x, err := OpenIndex(t.TempDir(), "boot")
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	page := kgo.FetchTopicPartition{Topic: "states", FetchPartition: kgo.FetchPartition{Records: []*kgo.Record{
		{Topic: "states", Offset: 4, Value: []byte("a")}, {Topic: "states", Offset: 5, Value: []byte("b")},
	}}}
	ctx, cancel := context.WithCancel(t.Context())
	f := &follower{org: "org", index: x, log: zerolog.Nop(), decoder: &registry{then: cancel}}
	if err := f.take(ctx, page); err == nil {
		t.Error("the lease ended while records were read, and it says nothing")
	}
	if next, err := x.Offset("states/0"); next != 0 || err != nil {
		t.Errorf("it goes on at %d (%v), and knows nothing of what lies before", next, err)
	}
	f.decoder = &registry{failing: 1}
	if err := f.take(t.Context(), page); err != nil {
		t.Errorf("a registry that fails for a moment: %v", err)
	}
	if known, err := x.Knows(Applications, 7); !known || err != nil {
		t.Errorf("known: %t, %v", known, err)
	}
	if next, _ := x.Offset("states/0"); next != 6 {
		t.Errorf("it goes on at %d, wanted 6", next)
	}
}
