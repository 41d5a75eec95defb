package recovery_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/mokafka/mokafka/internal/recovery"
	"github.com/mokafka/mokafka/publish"
)

// filled has the topic of offers hold n records of seven keys, a millisecond
// apart, and returns what selects them all.
func filled(h *house, n int) recovery.Selection {
	h.t.Helper()
	topic := h.topics.Events(publish.Offers)
	began := time.Now().UTC().Truncate(time.Second).Add(-time.Hour)
	for i := range n {
		h.writer.Produce(context.Background(), &kgo.Record{
			Topic: topic, Key: []byte(publish.Root("demo", int64(i%7))), Value: fmt.Append(nil, i), Timestamp: began.Add(time.Duration(i) * time.Millisecond),
			Headers: []kgo.RecordHeader{{Key: "ce_type", Value: []byte("com.moka.offer.created.v1")}},
		}, nil)
	}
	if err := h.writer.Flush(context.Background()); err != nil {
		h.t.Fatal(err)
	}
	return recovery.Selection{Topic: topic, From: began, Until: began.Add(time.Minute)}
}

func (h *house) copier() *recovery.Copier {
	return &recovery.Copier{Client: h.cluster.Client(), Options: h.options, Topics: h.topics, Now: time.Now}
}

// valuesOf are the values of each key, in order.
func valuesOf(recs []*kgo.Record) map[string][]string {
	out := map[string][]string{}
	for _, r := range recs {
		out[string(r.Key)] = append(out[string(r.Key)], string(r.Value))
	}
	return out
}

func (h *house) copyAll(s recovery.Selection, target string) (taken, before int64) {
	h.t.Helper()
	c := h.copier()
	to, err := c.OpenTarget(h.t.Context(), s, target, false)
	if err != nil {
		h.t.Fatal(err)
	}
	done, err := c.Copy(h.t.Context(), s, to)
	if err != nil {
		h.t.Fatal(err)
	}
	for _, st := range done {
		taken, before = taken+st.Taken, before+st.Before
	}
	return taken, before
}

// TestCopyGoesOn: a copy that was interrupted anywhere is repeated, and nothing is
// there twice or in another order; whether or not the target has as many
// partitions.
func TestCopyGoesOn(t *testing.T) {
	h := newHouse(t)
	const n = 5000
	s := filled(h, n)
	want := valuesOf(h.read(s.Topic))
	forever := new("-1")
	for _, partitions := range []int32{partitions, 3} {
		t.Run(fmt.Sprint(partitions), func(t *testing.T) {
			target := h.cluster.Topic(fmt.Sprintf("copy-%d", partitions), partitions, map[string]*string{"retention.ms": forever})
			for range 3 {
				c := h.copier()
				to, err := c.OpenTarget(t.Context(), s, target, false)
				if err != nil {
					t.Fatal(err)
				}
				ctx, cancel := context.WithCancel(t.Context())
				c.Progress = func(now recovery.Tally) {
					if now.Copied > 0 {
						cancel()
					}
				}
				if _, err := c.Copy(ctx, s, to); err != nil && !errors.Is(err, context.Canceled) {
					t.Fatal(err)
				}
				cancel()
				t.Logf("interrupted: %d records", len(h.read(target)))
			}
			if taken, before := h.copyAll(s, target); taken != n || before == 0 {
				t.Errorf("%d taken, %d there before", taken, before)
			}
			if diff := cmp.Diff(want, valuesOf(h.read(target))); diff != "" {
				t.Errorf("copied (-want +got):\n%s", diff)
			}
		})
	}
}

func TestCopyIsFaithful(t *testing.T) {
	h := newHouse(t)
	s := filled(h, 100)
	c := h.copier()
	target := h.cluster.Prefix() + ".rebuild"
	if err := c.CreateTarget(t.Context(), s, target); err != nil {
		t.Fatal(err)
	}
	h.copyAll(s, target)
	want, got := h.read(s.Topic), h.read(target)
	if len(got) != len(want) {
		t.Fatalf("%d records of %d", len(got), len(want))
	}
	for i, w := range want {
		g := got[i]
		from := fmt.Sprintf("%s/%d@%d", w.Topic, w.Partition, w.Offset)
		headers := append(slices.Clone(w.Headers), kgo.RecordHeader{Key: "moka_copied_from", Value: []byte(from)}, kgo.RecordHeader{Key: "moka_copy", Value: []byte(s.ID())})
		if !bytes.Equal(g.Key, w.Key) || !bytes.Equal(g.Value, w.Value) || !g.Timestamp.Equal(w.Timestamp) || g.Partition != w.Partition {
			t.Errorf("%s became %+v", from, g)
		}
		if diff := cmp.Diff(headers, g.Headers); diff != "" {
			t.Errorf("headers of %s:\n%s", from, diff)
		}
	}
	configs, err := kadm.NewClient(h.writer).DescribeTopicConfigs(t.Context(), target)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range configs {
		for _, c := range r.Configs {
			if c.Key == "retention.ms" && c.MaybeValue() != "-1" {
				t.Errorf("records are kept for %s", c.MaybeValue())
			}
		}
	}
}

func TestCopyRefuses(t *testing.T) {
	h := newHouse(t)
	s := filled(h, 10)
	short := h.cluster.Topic("short", 1, map[string]*string{"retention.ms": new("60000")})
	other := h.cluster.Topic("other", 1, nil)
	h.produce(&kgo.Record{Topic: other, Value: []byte("theirs")})
	for target, want := range map[string]string{
		h.topics.Results():                "one of mokafka's own",
		s.Topic:                           "the one that is copied",
		short:                             "would be deleted at once",
		other:                             "1 records that are not of this copy",
		h.cluster.Prefix() + ".not-there": "there is no such topic",
	} {
		_, err := h.copier().OpenTarget(t.Context(), s, target, false)
		if err == nil || !strings.Contains(err.Error(), want) || !errors.Is(err, recovery.ErrUnfit) && !errors.Is(err, recovery.ErrNoTarget) {
			t.Errorf("%s: %v, want %q", target, err, want)
		}
	}
	if _, err := h.copier().OpenTarget(t.Context(), s, other, true); err != nil {
		t.Errorf("beside others: %v", err)
	}
}
