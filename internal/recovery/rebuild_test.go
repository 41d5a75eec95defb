package recovery_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"

	"github.com/mokafka/mokafka/ingest/normalize"
	"github.com/mokafka/mokafka/internal/recovery"
	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
)

func (h *house) rebuilder() *recovery.Rebuilder {
	return &recovery.Rebuilder{
		Client: h.cluster.Client(), Options: h.options, Topics: h.topics, Records: h.records, Codec: h.codec, Decoder: h.decoder,
		Group: h.group(), Graves: 7 * 24 * time.Hour, Dir: h.t.TempDir(), Now: h.clock,
	}
}

// TestRebuild: the state topics are lost and made anew, and their records come
// back from the events; derive goes on with them as if nothing had happened.
func TestRebuild(t *testing.T) {
	h, w, _, ended, stop := lived(t, normalize.Mapper{}, 20)
	_, model := scene(t)
	if _, err := h.rebuilder().Plan(t.Context(), recovery.Rebuilding{}); !errors.Is(err, recovery.ErrLive) {
		t.Errorf("beside derive: %v", err)
	}
	stop()
	before, _ := h.states()
	told := len(h.told())
	admin := kadm.NewClient(h.writer)
	var lost []string
	for _, f := range []publish.Family{publish.Candidates, publish.Interviews} {
		lost = append(lost, h.topics.State(f))
	}
	if _, err := admin.DeleteTopics(t.Context(), lost...); err != nil {
		t.Fatal(err)
	}
	h.remake(lost)
	r := h.rebuilder()
	plan, err := r.Plan(t.Context(), recovery.Rebuilding{})
	if err != nil {
		t.Fatal(err)
	}
	done, err := r.Rebuild(t.Context(), recovery.Rebuilding{})
	if err != nil {
		t.Fatal(err)
	}
	for i, out := range done {
		t.Logf("%+v", out)
		has := out.Family == publish.Offers.String() || out.Family == publish.Headcounts.String()
		if plan[i] != out || has && (out.Written != 0 || out.Kept == 0) || !has && (out.Written == 0 || out.Kept != 0) || out.Unread != 0 {
			t.Errorf("%+v, planned %+v", out, plan[i])
		}
	}
	after, _ := h.states()
	for family, byKey := range before {
		if len(after[family]) != len(byKey) {
			t.Errorf("%d states of %s, were %d", len(after[family]), family, len(byKey))
		}
		for key, state := range byKey {
			sameState(t, model, key, state, after[family][key])
		}
	}
	// Everything is shown once more, by the richest feeds: what derive says now is
	// what it would have said before.
	h.mill(normalize.Mapper{})
	w.poll(schemas.ChannelSweep, w.Now().Add(-30*24*time.Hour))
	h.say(ended, w.take()...)
	h.derived()
	created := 0
	for _, one := range h.told() {
		if one.Source.Channel == schemas.ChannelSweep && one.Op != schemas.OperationUpdate && !strings.Contains(one.Key, ":iv:") {
			created++
			t.Errorf("%s of %s: it was known", one.Kind, one.Key)
		}
	}
	t.Logf("%d events after the sweep, were %d", len(h.told()), told)
}

// remake creates topics again, once they are gone.
func (h *house) remake(topics []string) {
	h.t.Helper()
	cfg := publish.TopicConfig{Prefix: h.cluster.Prefix(), Partitions: partitions, Replication: 1}
	if h.cluster.IsReal() && len(h.cluster.Brokers) >= 3 {
		cfg.Replication = 3
	}
	admin := kadm.NewClient(h.writer)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(time.Minute); ; <-tick.C {
		_, err := publish.Apply(h.t.Context(), admin, publish.Catalogue(cfg), publish.ApplyOptions{})
		found, listErr := admin.ListTopics(h.t.Context(), topics...)
		if err == nil && listErr == nil && found.Error() == nil {
			break
		}
		if time.Now().After(deadline) {
			h.t.Fatalf("the topics do not come back: %v", errors.Join(err, listErr))
		}
	}
	for _, topic := range topics {
		h.cluster.AwaitTopic(topic)
	}
}
