package checkpoint

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/mokafka/mokafka/internal/state"
	"github.com/mokafka/mokafka/schemas"
)

// version is the last record of a feed.
type version struct {
	checkpoint *schemas.Checkpoint // nil: deleted, or not readable
	offset     int64
}

// picture is what is committed of an organisation's checkpoints.
type picture struct {
	latest map[string]version
	// next is where reading goes on: at the end, or before it where a
	// transaction is open. late are the offsets of feeds that were read behind
	// next already.
	next int64
	late map[string]int64
	// end is where the topic ended when the picture was taken.
	end        int64
	unreadable []error
}

// patience is how long a picture waits for a transaction that is open. Those of
// the living end within it, also those whose commit was acknowledged a moment
// ago and has yet to reach the partition.
const patience = time.Second

// read takes a picture. It does not wait for an open transaction to the last:
// the cursors are written under one transactional id, which has none open once
// the lease has taken it. But derive adds its hints in transactions of its own,
// and when a replica died in one, readers of committed records get no further
// before Kafka ends it. What others committed behind that point is found by the
// control records; what they have yet to commit arrives as updates.
func (t Table) read(ctx context.Context, log *state.Log) (*picture, error) {
	p := &picture{latest: map[string]version{}, late: map[string]int64{}}
	var err error
	if p.end, err = log.End(ctx); err != nil {
		return nil, err
	}
	waiting, cancel := context.WithCancel(ctx)
	defer cancel()
	timer := time.AfterFunc(patience, cancel)
	defer timer.Stop()
	p.next, err = log.Read(waiting, 0, p.end, func(recs []*kgo.Record) error {
		timer.Reset(patience)
		for _, rec := range recs {
			if _, err := p.take(ctx, t, rec); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil && waiting.Err() == nil || ctx.Err() != nil {
		return nil, err
	}
	if p.next >= p.end {
		return p, nil
	}
	var open transactions
	_, err = log.ReadEverything(ctx, p.next, p.end, func(recs []*kgo.Record) error {
		for _, rec := range open.settle(recs) {
			feed, err := p.take(ctx, t, rec)
			if err != nil {
				return err
			}
			if feed != "" {
				p.late[feed] = p.latest[feed].offset
			}
		}
		return nil
	})
	return p, err
}

// checkpoints returns what the picture shows, by feed.
func (p *picture) checkpoints() map[string]*schemas.Checkpoint {
	all := make(map[string]*schemas.Checkpoint, len(p.latest))
	for feed, v := range p.latest {
		if v.checkpoint != nil {
			all[feed] = v.checkpoint
		}
	}
	return all
}

// sorted returns them by the name of the feed.
func (p *picture) sorted() []*schemas.Checkpoint {
	all := p.checkpoints()
	out := make([]*schemas.Checkpoint, 0, len(all))
	for _, feed := range slices.Sorted(maps.Keys(all)) {
		out = append(out, all[feed])
	}
	return out
}

// take adds a record unless a later one of its feed is known. It returns the
// feed, "" where the record is not the organisation's.
func (p *picture) take(ctx context.Context, t Table, rec *kgo.Record) (feed string, err error) {
	feed, c, unreadable, err := t.parse(ctx, rec)
	if err != nil || feed == "" {
		return "", err
	}
	if unreadable != nil {
		p.unreadable = append(p.unreadable, unreadable)
	}
	if known, ok := p.latest[feed]; !ok || known.offset < rec.Offset {
		p.latest[feed] = version{c, rec.Offset}
	}
	return feed, nil
}

// parse reads a record. An empty feed says that it is not the organisation's, a
// nil checkpoint that the feed's was deleted or is unreadable.
func (t Table) parse(ctx context.Context, rec *kgo.Record) (feed string, c *schemas.Checkpoint, unreadable, err error) {
	feed, ok := t.feed(rec.Key)
	if !ok || feed == "" || rec.Value == nil {
		return feed, nil, nil, nil
	}
	c, err = t.decode(ctx, rec)
	switch {
	case err == nil && c.OrgID != t.OrgID:
		return "", nil, nil, nil // of an organisation whose name begins like this one's
	case err == nil:
		return feed, c, nil, nil
	}
	err = fmt.Errorf("read the checkpoint of %s at %s/%d@%d: %w", feed, rec.Topic, rec.Partition, rec.Offset, err)
	if isUnreadable(err) {
		return feed, nil, err, nil
	}
	return "", nil, nil, err
}

// transactions sorts what is committed from what is not, in a stretch of a log
// that was read regardless.
type transactions struct {
	open map[int64][]*kgo.Record // by producer
}

// settle returns those of the records, and of the ones before, that are known
// by now to be committed.
func (t *transactions) settle(recs []*kgo.Record) []*kgo.Record {
	if t.open == nil {
		t.open = map[int64][]*kgo.Record{}
	}
	var settled []*kgo.Record
	for _, rec := range recs {
		switch {
		case rec.Attrs.IsControl():
			key := kmsg.NewControlRecordKey()
			if key.ReadFrom(rec.Key) == nil && key.Type == kmsg.ControlRecordKeyTypeCommit {
				settled = append(settled, t.open[rec.ProducerID]...)
			}
			delete(t.open, rec.ProducerID)
		case rec.Attrs.IsTransactional():
			t.open[rec.ProducerID] = append(t.open[rec.ProducerID], rec)
		default:
			settled = append(settled, rec)
		}
	}
	return settled
}
