package checkpoint

import (
	"slices"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/mokafka/mokafka/internal/state"
)

// keeping is the group's way to choose: who has the organisation's partition
// keeps it for as long as it is a member, and else the first by name gets it.
// Nobody needs the other partitions. A balancer that spreads partitions evenly
// would take the lease from a healthy replica whenever another one comes, and
// with it what the poller knows about the quota.
type keeping struct{ partition state.Partition }

// ProtocolName implements kgo.GroupBalancer. The partition is in the name's
// place already: all members of the group mean the same one.
func (keeping) ProtocolName() string { return "mokafka-keeping" }

// IsCooperative implements kgo.GroupBalancer: the lease goes on while others
// come and go.
func (keeping) IsCooperative() bool { return true }

// JoinGroupMetadata implements kgo.GroupBalancer.
func (keeping) JoinGroupMetadata(interests []string, current map[string][]int32, generation int32) []byte {
	meta := kmsg.NewConsumerMemberMetadata()
	meta.Version = 3
	meta.Topics = interests
	meta.Generation = generation
	for topic, partitions := range current {
		owned := kmsg.NewConsumerMemberMetadataOwnedPartition()
		owned.Topic, owned.Partitions = topic, partitions
		meta.OwnedPartitions = append(meta.OwnedPartitions, owned)
	}
	return meta.AppendTo(nil)
}

// ParseSyncAssignment implements kgo.GroupBalancer.
func (keeping) ParseSyncAssignment(assignment []byte) (map[string][]int32, error) {
	return kgo.ParseConsumerSyncAssignment(assignment)
}

// MemberBalancer implements kgo.GroupBalancer.
func (k keeping) MemberBalancer(members []kmsg.JoinGroupResponseMember) (kgo.GroupMemberBalancer, map[string]struct{}, error) {
	b, err := kgo.NewConsumerBalancer(k, members)
	topics := b.MemberTopics()
	return b, topics, err
}

// Balance implements kgo.ConsumerBalancerBalance. Members come sorted by name.
// Of several that claim the partition, the one that was last told so has it.
func (k keeping) Balance(b *kgo.ConsumerBalancer, _ map[string]int32) kgo.IntoSyncAssignment {
	plan := b.NewPlan()
	var chosen *kmsg.JoinGroupResponseMember
	told := int32(-1)
	b.EachMember(func(member *kmsg.JoinGroupResponseMember, meta *kmsg.ConsumerMemberMetadata) {
		if chosen == nil {
			chosen = member
		}
		owns := slices.ContainsFunc(meta.OwnedPartitions, func(o kmsg.ConsumerMemberMetadataOwnedPartition) bool {
			return o.Topic == k.partition.Topic && slices.Contains(o.Partitions, k.partition.Partition)
		})
		if owns && meta.Generation > told {
			chosen, told = member, meta.Generation
		}
	})
	if chosen != nil {
		plan.AddPartition(chosen, k.partition.Topic, k.partition.Partition)
	}
	return plan
}
