package recovery

import (
	"context"
	"math"
	"strconv"

	"github.com/cespare/xxhash/v2"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/mokafka/mokafka/ingest/derive"
	"github.com/mokafka/mokafka/schemas"
)

// present is the number of the journal that is there. A journal that was lost and
// made anew counts its offsets from 0 again, so that those of an event which tells of
// the one before mean nothing in it: journals before it count from 0, in the order of
// the events.
const present = math.MaxInt32

// journals numbers the journals that the events of a partition of a topic tell of,
// read in their order.
type journals struct {
	n     int32
	high  int64 // the last offset that was told of live
	other bool
}

// of is the number of the journal that the next event tells of. other says that it is
// known to be another one than that which is there. Derive tells of a journal in its
// order, so that one has ended where offsets step back; but for replays, whose events
// come late. Where derive was had to go through a journal again, what it tells then
// comes after what it told, too.
func (j *journals) of(told *derive.Told, other bool) int32 {
	live := told.Source.Channel != schemas.ChannelReplay
	if j.other && !other || live && told.Source.JournalOffset < j.high {
		j.n++
		j.high = 0
	}
	if live {
		j.high = told.Source.JournalOffset
	}
	j.other = other
	return j.n
}

// standing is where an event stands that tells of the journal with this number.
func standing(told *derive.Told, journal int32) derive.Place {
	return derive.Place{
		Journal: journal, Offset: told.Source.JournalOffset, Revision: told.Source.MapperRevision, Version: told.Version,
	}
}

// held are the entries that a partition of the journal holds, as events name them.
type held struct {
	start int64
	names []uint64 // by offset, from start; 0 where there is none
}

// readHeld learns what the journal holds before end.
func (p *passage) readHeld(ctx context.Context, end int64) error {
	p.held = held{start: p.start, names: make([]uint64, max(0, end-p.start))}
	p.tally.add(0, int64(len(p.held.names)), 0)
	return p.records(ctx, p.Topics.Journal(), p.start, end, func(recs []*kgo.Record) error {
		for _, rec := range recs {
			entry, err := p.entry(ctx, rec)
			if isRejection(err) {
				continue // and no event tells of it
			}
			if err != nil {
				return err
			}
			if at := rec.Offset - p.held.start; at >= 0 {
				p.held.names[at] = nameOf(entry.Endpoint, entry.WebhookID, entry.ReceivedAt.UnixMilli())
			}
		}
		return nil
	})
}

// tells says whether an event tells of an entry that the journal holds, and whether
// it tells of one of another journal. Neither is known of what the journal has
// dropped for its age.
func (h *held) tells(told *derive.Told) (ours, other bool) {
	at := told.Source.JournalOffset - h.start
	switch {
	case at < 0:
		return false, false
	case at >= int64(len(h.names)):
		return false, true
	}
	ours = h.names[at] == nameOf(told.Source.Endpoint, told.Source.WebhookID, told.ObservedAt.UnixMilli())
	return ours, !ours
}

// nameOf is what an entry and its events both say of it: where it came from, and when,
// in milliseconds. No mapper changes that.
func nameOf(endpoint string, webhook *string, receivedAt int64) uint64 {
	b := append([]byte(endpoint), 0)
	if webhook != nil {
		b = append(b, *webhook...)
	}
	return max(1, xxhash.Sum64(strconv.AppendInt(append(b, 0), receivedAt, 10)))
}
