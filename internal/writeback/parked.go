package writeback

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
)

// ErrNotParked says that a key is not parked: there is nothing to end.
var ErrNotParked = errors.New("the key is not parked")

// ParkedKey is an application, or a headcount, whose commands wait.
type ParkedKey struct {
	// Key is the root: org:app:<id>.
	Key       string `json:"key"`
	Partition int32  `json:"partition"`
	// Command is the one that failed, with why.
	Command string    `json:"command"`
	Reason  string    `json:"reason"`
	Since   time.Time `json:"since"`
	// Waiting are the commands that wait, in their order.
	Waiting []ParkedCommand `json:"waiting"`
}

// ParkedCommand is a command that waits, and the offset of its record in the
// commands topic.
type ParkedCommand struct {
	ID     string `json:"id"`
	Offset int64  `json:"offset"`
}

// ParkingDeps are what looking at parked keys, and ending their parking, needs.
type ParkingDeps struct {
	// Options make clients: brokers, TLS, SASL. Called for each client.
	Options func() ([]kgo.Opt, error)
	Topics  publish.Topics
	Decoder Decoder
}

// ListParked reads the results topic to its present end and returns the keys that
// are parked, by their partition and then by their key.
func ListParked(ctx context.Context, d ParkingDeps) ([]ParkedKey, error) {
	opts, err := d.Options()
	if err != nil {
		return nil, err
	}
	client, err := kgo.NewClient(opts...)
	if err != nil {
		return nil, fmt.Errorf("make a client to list parked keys: %w", err)
	}
	defer client.Close()
	admin := kadm.NewClient(client)
	starts, err := admin.ListStartOffsets(ctx, d.Topics.Results())
	if err == nil {
		err = starts.Error()
	}
	if err != nil {
		return nil, fmt.Errorf("look up the start of the results: %w", err)
	}
	ends, err := admin.ListCommittedOffsets(ctx, d.Topics.Results())
	if err == nil {
		err = ends.Error()
	}
	if err != nil {
		return nil, fmt.Errorf("look up the end of the results: %w", err)
	}
	latest, err := d.memories(ctx, starts, ends)
	if err != nil {
		return nil, err
	}
	var keys []ParkedKey
	for key, rec := range latest {
		parked, err := d.parked(ctx, key, rec)
		if err != nil {
			return nil, err
		}
		if parked != nil {
			keys = append(keys, *parked)
		}
	}
	slices.SortFunc(keys, func(a, b ParkedKey) int {
		if a.Partition != b.Partition {
			return int(a.Partition - b.Partition)
		}
		return strings.Compare(a.Key, b.Key)
	})
	return keys, nil
}

// memories reads the latest record of each application.
func (d ParkingDeps) memories(ctx context.Context, starts, ends kadm.ListedOffsets) (map[string]*kgo.Record, error) {
	topic := d.Topics.Results()
	from := map[int32]kgo.Offset{}
	left := map[int32]int64{}
	ends.Each(func(o kadm.ListedOffset) {
		if s, _ := starts.Lookup(topic, o.Partition); s.Offset < o.Offset {
			from[o.Partition], left[o.Partition] = kgo.NewOffset().At(s.Offset), o.Offset
		}
	})
	latest := map[string]*kgo.Record{}
	if len(from) == 0 {
		return latest, nil
	}
	opts, err := d.Options()
	if err != nil {
		return nil, err
	}
	// The last offsets may hold the ends of transactions alone.
	client, err := kgo.NewClient(append(opts[:len(opts):len(opts)],
		kgo.FetchIsolationLevel(kgo.ReadCommitted()), kgo.KeepControlRecords(),
		kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic: from}),
	)...)
	if err != nil {
		return nil, fmt.Errorf("make a client to read results: %w", err)
	}
	defer client.Close()
	for len(left) > 0 {
		fetches := client.PollFetches(ctx)
		if err := fetches.Err(); err != nil {
			return nil, fmt.Errorf("read the results: %w", err)
		}
		fetches.EachRecord(func(r *kgo.Record) {
			if end, waits := left[r.Partition]; waits && r.Offset >= end-1 {
				delete(left, r.Partition)
			}
			if key, ok := strings.CutPrefix(string(r.Key), schemas.ReservedIDs); ok && !r.Attrs.IsControl() {
				latest[key] = r
			}
		})
	}
	return latest, nil
}

func (d ParkingDeps) parked(ctx context.Context, key string, rec *kgo.Record) (*ParkedKey, error) {
	if rec.Value == nil {
		return nil, nil
	}
	v, err := d.Decoder.Decode(ctx, rec.Value)
	if err != nil {
		return nil, fmt.Errorf("decode what is remembered of %s: %w", key, err)
	}
	result, ok := v.(*schemas.WritebackResult)
	if !ok {
		return nil, fmt.Errorf("decode what is remembered of %s: it is a %T", key, v)
	}
	m, err := readMemory(result)
	if err != nil || m.Parked == nil {
		return nil, err
	}
	p := &ParkedKey{Key: key, Partition: rec.Partition, Command: m.Parked.Command, Reason: m.Parked.Reason, Since: m.Parked.Since}
	for _, w := range m.Parked.Waiting {
		p.Waiting = append(p.Waiting, ParkedCommand(w))
	}
	return p, nil
}

// Release has the commands that wait for a key carried out, in their order and
// before anything later, and Drop settles them as FAILED. Either returns when the
// word is safe in Kafka; the worker that owns the key obeys in its turn. A key
// that is not parked is ErrNotParked.
func Release(ctx context.Context, d ParkingDeps, key string) error {
	return d.say(ctx, key, ControlRelease)
}

// Drop is documented at Release.
func Drop(ctx context.Context, d ParkingDeps, key string) error {
	return d.say(ctx, key, ControlDrop)
}

func (d ParkingDeps) say(ctx context.Context, key, word string) error {
	keys, err := ListParked(ctx, d)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(keys, func(k ParkedKey) bool { return k.Key == key }) {
		return fmt.Errorf("%s %s: %w", word, key, ErrNotParked)
	}
	opts, err := d.Options()
	if err != nil {
		return err
	}
	client, err := kgo.NewClient(append(opts[:len(opts):len(opts)], publish.ProducerOptions(d.Topics)...)...)
	if err != nil {
		return fmt.Errorf("make a client to %s %s: %w", word, key, err)
	}
	defer client.Close()
	rec := &kgo.Record{Topic: d.Topics.Commands(), Key: []byte(key),
		Headers: []kgo.RecordHeader{{Key: ControlHeader, Value: []byte(word)}}}
	if err := client.ProduceSync(ctx, rec).FirstErr(); err != nil {
		return fmt.Errorf("%s %s: %w", word, key, err)
	}
	return nil
}
