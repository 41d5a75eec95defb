package checkpoint

import (
	"context"
	"errors"

	"github.com/mokafka/mokafka/schemas"
)

// ErrLost says that the lease is over: another replica has it, or it must be
// taken anew because the outcome of a commit is not known. Its holder can only
// return.
var ErrLost = errors.New("the lease on the organisation is over")

// Update is what somebody else wrote about a feed.
type Update struct {
	Feed string
	// Checkpoint is nil where the feed's was deleted.
	Checkpoint *schemas.Checkpoint
}

// Lease is the right to poll the organisation.
type Lease struct {
	cursors map[string]*schemas.Checkpoint
	updates chan Update
}

// Cursors returns all checkpoints of the organisation by feed, as they were
// when the lease began. The caller owns the map.
func (s *Lease) Cursors() map[string]*schemas.Checkpoint { return s.cursors }

// Updates carries what others wrote since the lease began: of each feed the
// latest, in the order in which feeds were first written. What the lease itself
// commits is not among them. It is never closed.
func (s *Lease) Updates() <-chan Update { return s.updates }

// Commit makes entries, cursors and deletions durable in one transaction.
func (s *Lease) Commit(ctx context.Context, entries []*schemas.JournalEntry, cursors []*schemas.Checkpoint, gone []string) error {
	return ErrLost
}
