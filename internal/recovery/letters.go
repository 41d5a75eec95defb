package recovery

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/mokafka/mokafka/internal/state"
	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
)

// ErrNoLetter says that there is no letter of an id.
var ErrNoLetter = errors.New("there is no such dead letter")

// Decoder reads framed values of any version; *schemas.Decoder does.
type Decoder interface {
	Decode(ctx context.Context, value []byte) (any, error)
}

// Letters reads the dead-letter topic. All fields are needed.
type Letters struct {
	Client  *kgo.Client
	Topics  publish.Topics
	Decoder Decoder
}

// Found is what a search found.
type Found struct {
	// Letters are in the order in which they were refused: that of the topic
	// within a partition, and by time across partitions.
	Letters []Letter
	// Unreadable are records of the topic that cannot be read.
	Unreadable []error
}

// Find returns the letters that the filter takes, as they are committed now. It
// waits a moment for transactions that are open, not for their end.
func (l *Letters) Find(ctx context.Context, f Filter) (Found, error) {
	return l.find(ctx, f, settledEnds)
}

type lister func(context.Context, *kadm.Client, ...string) (kadm.ListedOffsets, error)

const (
	// settlePatience is how long readers wait for transactions to end. What was
	// committed a moment ago has yet to reach the partitions, too.
	settlePatience = 2 * time.Second
	settlePause    = 20 * time.Millisecond
)

// everyEnd are the ends, of what is not committed too: who reads up to them waits
// for that.
func everyEnd(ctx context.Context, admin *kadm.Client, topics ...string) (kadm.ListedOffsets, error) {
	return admin.ListEndOffsets(ctx, topics...)
}

// settledEnds are the ends of what is committed.
func settledEnds(ctx context.Context, admin *kadm.Client, topics ...string) (kadm.ListedOffsets, error) {
	ends, err := admin.ListEndOffsets(ctx, topics...)
	if err != nil {
		return nil, err
	}
	for began := time.Now(); ; {
		committed, err := admin.ListCommittedOffsets(ctx, topics...)
		if err != nil {
			return nil, err
		}
		settled := true
		committed.Each(func(o kadm.ListedOffset) {
			end, _ := ends.Lookup(o.Topic, o.Partition)
			settled = settled && o.Offset >= end.Offset
		})
		if settled || time.Since(began) > settlePatience {
			return committed, nil
		}
		timer := time.NewTimer(settlePause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return nil, context.Cause(ctx)
		}
	}
}

func (l *Letters) find(ctx context.Context, f Filter, ends lister) (Found, error) {
	s := &scan{letters: map[string]*Letter{}, order: map[int32][]*Letter{}, marks: map[string]mark{}}
	err := eachPartition(ctx, l.Client, l.Topics.DeadLetters(), ends, func(recs []*kgo.Record) error {
		for _, rec := range recs {
			if err := s.take(ctx, l.Decoder, rec); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return Found{}, fmt.Errorf("read the dead letters: %w", err)
	}
	found := Found{Unreadable: s.unreadable}
	for _, letter := range s.inOrder() {
		if m, ok := s.marks[letter.ID]; ok && !letter.At.After(m.at) {
			at := m.at
			letter.Done, letter.DoneAt, letter.Reason = m.done, &at, m.reason
		}
		if f.takes(letter) && (f.Limit == 0 || len(found.Letters) < f.Limit) {
			found.Letters = append(found.Letters, *letter)
		}
	}
	return found, nil
}

// scan gathers letters and marks; marks may be in other partitions.
type scan struct {
	letters    map[string]*Letter
	order      map[int32][]*Letter
	marks      map[string]mark
	unreadable []error
}

func (s *scan) take(ctx context.Context, decoder Decoder, rec *kgo.Record) error {
	v, err := decoder.Decode(ctx, rec.Value)
	if errors.Is(err, schemas.ErrRegistryUnavailable) || ctx.Err() != nil {
		return err
	}
	dead, ok := v.(*schemas.DeadLetter)
	if err == nil && !ok {
		err = fmt.Errorf("it is a %T", v)
	}
	if err != nil {
		s.unreadable = append(s.unreadable, fmt.Errorf("%s/%d@%d is no dead letter: %w", rec.Topic, rec.Partition, rec.Offset, err))
		return nil
	}
	if m, ok := markOf(rec, dead); ok {
		if last, ok := s.marks[m.letter]; !ok || !m.at.Before(last.at) {
			s.marks[m.letter] = m
		}
		return nil
	}
	letter := letterOf(rec, dead)
	if known, ok := s.letters[letter.ID]; ok {
		if known.Times++; letter.At.After(known.At) {
			known.At = letter.At
		}
		return nil
	}
	s.letters[letter.ID] = &letter
	s.order[rec.Partition] = append(s.order[rec.Partition], &letter)
	return nil
}

// inOrder merges the partitions by time, each in its own order.
func (s *scan) inOrder() []*Letter {
	partitions := slices.Sorted(maps.Keys(s.order))
	all := make([]*Letter, 0, len(s.letters))
	for len(all) < cap(all) {
		var first int32 = -1
		for _, p := range partitions {
			if q := s.order[p]; len(q) > 0 && (first < 0 || q[0].At.Before(s.order[first][0].At)) {
				first = p
			}
		}
		all = append(all, s.order[first][0])
		s.order[first] = s.order[first][1:]
	}
	return all
}

// Read returns a letter with its bytes, which may be personal data. Where they
// were too many for it, they are those of the record it is about, if that is
// still there.
func (l *Letters) Read(ctx context.Context, letter *Letter) (*schemas.DeadLetter, error) {
	all, err := l.read(ctx, []Letter{*letter})
	if err != nil {
		return nil, err
	}
	return all[0], nil
}

// read returns the letters with their bytes.
func (l *Letters) read(ctx context.Context, letters []Letter) ([]*schemas.DeadLetter, error) {
	wanted := map[int32][]int64{}
	for _, letter := range letters {
		wanted[letter.Partition] = append(wanted[letter.Partition], letter.Offset)
	}
	records := map[int32]map[int64]*kgo.Record{}
	for partition, offsets := range wanted {
		var err error
		p := state.Partition{Topic: l.Topics.DeadLetters(), Partition: partition}
		if records[partition], err = recordsAt(ctx, l.Client, p, offsets...); err != nil {
			return nil, fmt.Errorf("read the dead letters again: %w", err)
		}
	}
	out := make([]*schemas.DeadLetter, 0, len(letters))
	for _, letter := range letters {
		rec := records[letter.Partition][letter.Offset]
		if rec == nil {
			return nil, fmt.Errorf("read the dead letter %s again: %w: it has become too old", letter.ID, ErrNoLetter)
		}
		v, err := l.Decoder.Decode(ctx, rec.Value)
		if err != nil {
			return nil, fmt.Errorf("read the dead letter %s again: %w", letter.ID, err)
		}
		dead, ok := v.(*schemas.DeadLetter)
		if !ok {
			return nil, fmt.Errorf("read the dead letter %s again: it is a %T", letter.ID, v)
		}
		if err := l.complete(ctx, dead); err != nil {
			return nil, fmt.Errorf("read the bytes of the dead letter %s: %w", letter.ID, err)
		}
		out = append(out, dead)
	}
	return out, nil
}

// complete fetches the bytes that were too many for a letter from where they
// stayed. A letter whose record is gone stays without.
func (l *Letters) complete(ctx context.Context, dead *schemas.DeadLetter) error {
	o := dead.Origin
	if len(dead.Body) > 0 || o == nil {
		return nil
	}
	records, err := recordsAt(ctx, l.Client, state.Partition{Topic: o.Topic, Partition: o.Partition}, o.Offset)
	if errors.Is(err, kerr.UnknownTopicOrPartition) {
		return nil
	}
	if rec := records[o.Offset]; rec != nil {
		dead.Body = rec.Value
	}
	return err
}

// recordsAt reads the committed records at some offsets of a partition. Those that
// are not there are not in the map.
func recordsAt(ctx context.Context, client *kgo.Client, p state.Partition, offsets ...int64) (map[int64]*kgo.Record, error) {
	log, err := state.OpenLog(ctx, client, p)
	if err != nil {
		return nil, err
	}
	end, err := log.End(ctx)
	if err != nil {
		return nil, err
	}
	found := map[int64]*kgo.Record{}
	first, last := slices.Min(offsets), min(slices.Max(offsets)+1, end)
	if first >= last {
		return found, nil
	}
	_, err = log.Read(ctx, first, last, func(recs []*kgo.Record) error {
		for _, rec := range recs {
			if slices.Contains(offsets, rec.Offset) {
				found[rec.Offset] = rec
			}
		}
		return nil
	})
	return found, err
}

// eachPartition reads a topic up to its ends, partition by partition.
func eachPartition(ctx context.Context, client *kgo.Client, topic string, list lister, fn func([]*kgo.Record) error) error {
	ends, err := list(ctx, kadm.NewClient(client), topic)
	if err == nil {
		err = ends.Error()
	}
	if err != nil {
		return fmt.Errorf("look up the end of %s: %w", topic, err)
	}
	for _, partition := range slices.Sorted(maps.Keys(ends[topic])) {
		end := ends[topic][partition].Offset
		log, err := state.OpenLog(ctx, client, state.Partition{Topic: topic, Partition: partition})
		if err != nil {
			return err
		}
		_, err = log.Read(ctx, 0, end, func(recs []*kgo.Record) error {
			for i, rec := range recs {
				if rec.Offset >= end {
					return fn(recs[:i])
				}
			}
			return fn(recs)
		})
		if err != nil {
			return err
		}
	}
	return nil
}
