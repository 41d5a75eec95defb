package recovery

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
)

var (
	// ErrLive says that a group has members, which would go on from what they
	// know and commit over anything set beside them.
	ErrLive = errors.New("the group has members")
	// ErrNoGroup says that a group has committed nothing yet, and is not asked for
	// as a new one.
	ErrNoGroup = errors.New("there is no such consumer group")
	// ErrOutside says that a topic has no such offset.
	ErrOutside = errors.New("outside the topic")
)

// Goal is where a group is moved to; one of its fields is set.
type Goal struct {
	Time     time.Time
	Offset   *int64
	Earliest bool
	Latest   bool
}

// Move asks for a group's offsets to be moved.
type Move struct {
	Group, Topic string
	To           Goal
	// Partitions are those meant; none means all.
	Partitions []int32
	// New allows a group that has committed nothing yet.
	New bool
}

// Shift is what happens to one partition.
type Shift struct {
	Partition int32 `json:"partition"`
	// From is the committed offset, -1 where there is none; To the one to be.
	From int64 `json:"from"`
	To   int64 `json:"to"`
	// End is the partition's, of what is committed.
	End int64 `json:"end"`
	// Repeated and PassedOver count offsets, so records at the most: transactions
	// take some offsets themselves.
	Repeated   int64 `json:"repeated"`
	PassedOver int64 `json:"passed_over"`
	// Lag is what is left to read after it.
	Lag int64 `json:"lag"`
}

// PlanMove says what Commit would do. It changes nothing, and refuses what Commit
// would refuse.
func PlanMove(ctx context.Context, admin *kadm.Client, m Move) ([]Shift, error) {
	known, err := idle(ctx, admin, m.Group)
	if err != nil {
		return nil, err
	}
	if !known && !m.New {
		return nil, fmt.Errorf("%s: %w: check the name, or say that it is to begin here", m.Group, ErrNoGroup)
	}
	starts, err := listed(ctx, m.Topic, admin.ListStartOffsets)
	if err != nil {
		return nil, err
	}
	ends, err := listed(ctx, m.Topic, admin.ListCommittedOffsets)
	if err != nil {
		return nil, err
	}
	goals, err := m.To.offsets(ctx, admin, m.Topic, starts, ends)
	if err != nil {
		return nil, err
	}
	committed, err := admin.FetchOffsetsForTopics(ctx, m.Group, m.Topic)
	if err == nil {
		err = committed.Error()
	}
	if err != nil && !errors.Is(err, kerr.GroupIDNotFound) {
		return nil, fmt.Errorf("look up what %s has committed: %w", m.Group, err)
	}
	partitions := m.Partitions
	if len(partitions) == 0 {
		partitions = slices.Sorted(maps.Keys(ends))
	}
	shifts := make([]Shift, 0, len(partitions))
	for _, p := range partitions {
		to, ok := goals[p]
		if !ok {
			return nil, fmt.Errorf("%s has no partition %d, only 0 to %d", m.Topic, p, len(ends)-1)
		}
		if to < starts[p] || to > ends[p] {
			return nil, fmt.Errorf("offset %d is %w: partition %d of %s has %d to %d", to, ErrOutside, p, m.Topic, starts[p], ends[p])
		}
		s := Shift{Partition: p, From: -1, To: to, End: ends[p], Lag: ends[p] - to}
		if o, ok := committed.Lookup(m.Topic, p); ok && o.At >= 0 {
			s.From = o.At
			s.Repeated, s.PassedOver = max(0, s.From-to), max(0, to-max(s.From, starts[p]))
		}
		shifts = append(shifts, s)
	}
	return shifts, nil
}

// offsets finds the goal in each partition.
func (g Goal) offsets(ctx context.Context, admin *kadm.Client, topic string, starts, ends map[int32]int64) (map[int32]int64, error) {
	switch {
	case g.Earliest:
		return starts, nil
	case g.Latest:
		return ends, nil
	case g.Offset != nil:
		all := make(map[int32]int64, len(ends))
		for p := range ends {
			all[p] = *g.Offset
		}
		return all, nil
	}
	at, err := listed(ctx, topic, func(ctx context.Context, topics ...string) (kadm.ListedOffsets, error) {
		return admin.ListOffsetsAfterMilli(ctx, g.Time.UnixMilli(), topics...)
	})
	for p := range at {
		at[p] = min(at[p], ends[p]) // where nothing is that late, the end may be behind an open transaction
	}
	return at, err
}

// CommitMove moves the group as planned. Members that joined since the plan are
// refused, and Kafka itself refuses once more.
func CommitMove(ctx context.Context, admin *kadm.Client, m Move, shifts []Shift) error {
	if _, err := idle(ctx, admin, m.Group); err != nil {
		return err
	}
	offsets := kadm.Offsets{}
	for _, s := range shifts {
		offsets.AddOffset(m.Topic, s.Partition, s.To, -1)
	}
	err := admin.CommitAllOffsets(ctx, m.Group, offsets)
	for _, live := range []error{kerr.UnknownMemberID, kerr.RebalanceInProgress, kerr.StaleMemberEpoch, kerr.IllegalGeneration} {
		if errors.Is(err, live) {
			return fmt.Errorf("%s: %w since a moment: end its consumers, and look again which partitions were moved: %w", m.Group, ErrLive, err)
		}
	}
	if err != nil {
		return fmt.Errorf("move %s: %w", m.Group, err)
	}
	return nil
}

// idle fails with ErrLive where the group has members, of whichever protocol. known
// tells whether there is such a group.
func idle(ctx context.Context, admin *kadm.Client, group string) (known bool, err error) {
	groups, err := admin.ListGroups(ctx)
	if err != nil {
		return false, fmt.Errorf("look up the groups: %w", err)
	}
	found, ok := groups[group]
	if !ok {
		return false, nil
	}
	members, err := membersOf(ctx, admin, group)
	if err != nil {
		return true, fmt.Errorf("look up the members of %s: %w", group, err)
	}
	if len(members) > 0 {
		return true, fmt.Errorf("%s: %w (%s): end its consumers first, or they commit over it", group, ErrLive, strings.Join(members, ", "))
	}
	if found.State != "" && found.State != "Empty" && found.State != "Dead" {
		return true, fmt.Errorf("%s: %w (it is %s): end its consumers first, or they commit over it", group, ErrLive, found.State)
	}
	return true, nil
}

// membersOf names the clients in a group, of the classic protocol or the one of
// KIP-848; brokers know a group by one of them only.
func membersOf(ctx context.Context, admin *kadm.Client, group string) ([]string, error) {
	var names []string
	add := func(client, host string) { names = append(names, client+" at "+strings.TrimPrefix(host, "/")) }
	classic, err := admin.DescribeGroups(ctx, group)
	if err == nil {
		err = classic.Error()
	}
	switch {
	case err == nil:
		for _, m := range classic[group].Members {
			add(m.ClientID, m.ClientHost)
		}
	case !errors.Is(err, kerr.GroupIDNotFound):
		return nil, err
	}
	if err != nil || classic[group].State == "Dead" {
		newer, err := admin.DescribeConsumerGroups(ctx, group)
		if err == nil {
			err = newer.Error()
		}
		switch {
		case err == nil:
			for _, m := range newer[group].Members {
				add(m.ClientID, m.ClientHost)
			}
		case errors.Is(err, kerr.GroupIDNotFound), errors.Is(err, kerr.UnsupportedVersion):
		default:
			return nil, err
		}
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

// listed returns offsets of a topic by partition.
func listed(ctx context.Context, topic string, list func(context.Context, ...string) (kadm.ListedOffsets, error)) (map[int32]int64, error) {
	got, err := list(ctx, topic)
	if err == nil {
		err = got.Error()
	}
	if err != nil {
		return nil, fmt.Errorf("look up the offsets of %s: %w", topic, err)
	}
	offsets := make(map[int32]int64, len(got[topic]))
	for partition, o := range got[topic] {
		offsets[partition] = o.Offset
	}
	if len(offsets) == 0 {
		return nil, fmt.Errorf("look up the offsets of %s: %w", topic, kerr.UnknownTopicOrPartition)
	}
	return offsets, nil
}
