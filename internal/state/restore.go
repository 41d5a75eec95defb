package state

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
	"golang.org/x/sync/errgroup"
)

// MaxAge is how old a copy may be to be caught up instead of read anew: half of
// the time Kafka keeps tombstones (delete.retention.ms, 24 h unless configured).
const MaxAge = 12 * time.Hour

// restoreParallel bounds how many partitions are read at the same time.
const restoreParallel = 4

// Restore brings the copies of the partitions up to the end each has now. It
// waits for transactions that are still open in them, for as long as ctx lets
// it, since their outcome belongs to what came before. It returns how many
// records it read.
func (s *Store) Restore(ctx context.Context, client *kgo.Client, partitions []Partition, now func() time.Time) (int, error) {
	if len(partitions) == 0 {
		return 0, nil
	}
	names := map[string]bool{}
	for _, p := range partitions {
		names[p.Topic] = true
	}
	topics := make([]string, 0, len(names))
	for name := range names {
		topics = append(topics, name)
	}
	adm := kadm.NewClient(client)
	details, err := adm.ListTopics(ctx, topics...)
	if err != nil {
		return 0, fmt.Errorf("look up the state topics: %w", err)
	}
	if err := details.Error(); err != nil {
		return 0, fmt.Errorf("look up the state topics: %w", err)
	}
	ends, err := endOffsets(ctx, adm, topics)
	if err != nil {
		return 0, fmt.Errorf("look up the ends of the state topics: %w", err)
	}
	reader := newLogReader(client)
	counts := make([]int, len(partitions))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(restoreParallel)
	for i, p := range partitions {
		end, ok := ends.Lookup(p.Topic, p.Partition)
		if !ok {
			return 0, errors.Join(fmt.Errorf("state topic %s has no partition %d", p.Topic, p.Partition), group.Wait())
		}
		group.Go(func() error {
			n, err := s.restore(ctx, reader, p, details[p.Topic].ID, end.Offset, now)
			counts[i] = n
			if err != nil {
				return fmt.Errorf("restore %s: %w", p, err)
			}
			return nil
		})
	}
	err = group.Wait()
	total := 0
	for _, n := range counts {
		total += n
	}
	return total, err
}

// endOffsets asks until every partition has an answer: a client that has not met
// a topic yet may say that it is unknown, and leaders move.
func endOffsets(ctx context.Context, adm *kadm.Client, topics []string) (kadm.ListedOffsets, error) {
	for {
		ends, err := adm.ListEndOffsets(ctx, topics...)
		if err == nil {
			err = ends.Error()
		}
		if err == nil || !retriable(err) {
			return ends, err
		}
		if sleep(ctx, retryFetchWait) != nil {
			return nil, err
		}
	}
}

func (s *Store) restore(ctx context.Context, reader *logReader, p Partition, id kadm.TopicID, end int64, now func() time.Time) (int, error) {
	from, err := s.prepare(p, id, end, now())
	if err != nil {
		return 0, err
	}
	read := 0
	next, err := reader.read(ctx, p, id, from, end, func(records []*kgo.Record) error {
		read += len(records)
		changes := make([]Change, 0, len(records))
		for _, r := range records {
			changes = append(changes, Change{
				Partition: p, Key: string(r.Key), Value: r.Value, DeletedAt: deletedAt(r), Offset: r.Offset,
			})
		}
		return s.Apply(changes, now())
	})
	if err != nil {
		return read, err
	}
	return read, s.settle(p, id, next, now())
}

// prepare returns the offset to read from. It empties the copy of p when it
// cannot be caught up.
func (s *Store) prepare(p Partition, id kadm.TopicID, end int64, now time.Time) (int64, error) {
	var from int64
	err := s.db.Update(func(tx *bbolt.Tx) error {
		pos := readPosition(tx, p)
		from = pos.Next
		if pos.TopicID == [16]byte(id) && pos.Next <= end && now.Sub(pos.Synced) < MaxAge {
			return nil
		}
		from = 0
		if err := tx.DeleteBucket([]byte(p.String())); err != nil && !errors.Is(err, bolterrors.ErrBucketNotFound) {
			return err
		}
		if err := deleteGraves(tx, p); err != nil {
			return err
		}
		return writePosition(tx, p, position{TopicID: id, Synced: now})
	})
	if err != nil {
		return 0, fmt.Errorf("prepare the copy: %w", err)
	}
	return from, nil
}

func deleteGraves(tx *bbolt.Tx, p Partition) error {
	prefix := graveKey(p, "")
	c := tx.Bucket(gravesBucket).Cursor()
	for k, _ := c.Seek(prefix); bytes.HasPrefix(k, prefix); k, _ = c.Seek(prefix) {
		if err := c.Delete(); err != nil {
			return err
		}
	}
	return nil
}

// settle notes that the copy of p reaches to next.
func (s *Store) settle(p Partition, id kadm.TopicID, next int64, now time.Time) error {
	err := s.db.Update(func(tx *bbolt.Tx) error {
		return writePosition(tx, p, position{TopicID: id, Next: next, Synced: now})
	})
	if err != nil {
		return fmt.Errorf("note the position of %s: %w", p, err)
	}
	return nil
}

// deletedAt reads DeletedHeader; zero where it is absent or unreadable.
func deletedAt(r *kgo.Record) time.Time {
	for _, h := range r.Headers {
		if h.Key == DeletedHeader {
			if ms, err := strconv.ParseInt(string(h.Value), 10, 64); err == nil {
				return time.UnixMilli(ms).UTC()
			}
		}
	}
	return time.Time{}
}
