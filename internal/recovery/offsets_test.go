package recovery_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/mokafka/mokafka/internal/recovery"
)

// TestLiveGroups: of either protocol, a group with members is refused, also one
// that came to have them after the plan; without them it is moved, and its
// consumers read again.
func TestLiveGroups(t *testing.T) {
	h := newHouse(t)
	const n = 50
	s := filled(h, n)
	admin := kadm.NewClient(h.writer)
	for name, ctx := range map[string]context.Context{
		"classic": t.Context(),
		"KIP-848": context.WithValue(t.Context(), "opt_in_kafka_next_gen_balancer_beta", true), //nolint:revive,staticcheck // the client asks for this key
	} {
		t.Run(name, func(t *testing.T) {
			group := h.cluster.Prefix() + "-" + name
			consume := func() *kgo.Client {
				t.Helper()
				member := h.cluster.Client(kgo.WithContext(ctx), kgo.ConsumerGroup(group), kgo.ConsumeTopics(s.Topic),
					kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.DisableAutoCommit())
				for read := 0; read < n; {
					fetches := member.PollFetches(t.Context())
					if err := fetches.Err(); err != nil {
						t.Fatal(err)
					}
					read += fetches.NumRecords()
				}
				if err := member.CommitUncommittedOffsets(t.Context()); err != nil {
					t.Fatal(err)
				}
				return member
			}
			move := recovery.Move{Group: group, Topic: s.Topic, To: recovery.Goal{Earliest: true}}
			if _, err := recovery.PlanMove(t.Context(), admin, move); !errors.Is(err, recovery.ErrNoGroup) {
				t.Errorf("before there is one: %v", err)
			}
			member := consume()
			if _, err := recovery.PlanMove(t.Context(), admin, move); !errors.Is(err, recovery.ErrLive) {
				t.Fatalf("a live group: %v", err)
			}
			member.Close()
			shifts, err := recovery.PlanMove(t.Context(), admin, move)
			if err != nil {
				t.Fatal(err)
			}
			var repeated int64
			for _, s := range shifts {
				repeated += s.Repeated
			}
			if repeated != n {
				t.Errorf("%d are read again", repeated)
			}
			if err := recovery.CommitMove(t.Context(), admin, move, shifts); err != nil {
				t.Fatal(err)
			}
			member = consume() // all of it, once more
			before, err := admin.FetchOffsets(t.Context(), group)
			if err != nil {
				t.Fatal(err)
			}
			if err := recovery.CommitMove(t.Context(), admin, move, shifts); !errors.Is(err, recovery.ErrLive) {
				t.Errorf("live since the plan: %v", err)
			}
			after, err := admin.FetchOffsets(t.Context(), group)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(before.Offsets(), after.Offsets()); diff != "" {
				t.Errorf("it was moved:\n%s", diff)
			}
			member.Close()
		})
	}
}
