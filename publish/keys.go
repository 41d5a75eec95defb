package publish

import (
	"strconv"

	"github.com/twmb/franz-go/pkg/kgo"
)

// Root is the key of everything about an application: `org:app:<id>`. All
// topics partition by the root, so that one owner sees one application.
func Root(org string, applicationID int64) string { return idKey(org, ":app:", applicationID, "") }

// HeadcountRoot is the key of everything about a headcount: `org:hc:<id>`.
func HeadcountRoot(org string, id int64) string { return idKey(org, ":hc:", id, "") }

// CandidateKey is the entity key of a candidate's application: its root.
func CandidateKey(org string, applicationID int64) string { return Root(org, applicationID) }

// OfferKey is the entity key of an application's offer: `org:app:<id>:offer`.
func OfferKey(org string, applicationID int64) string {
	return idKey(org, ":app:", applicationID, ":offer")
}

// InterviewKey is the entity key of an interview: `org:app:<id>:iv:<interview>`.
func InterviewKey(org string, applicationID int64, interviewID string) string {
	return idKey(org, ":app:", applicationID, ":iv:"+interviewID)
}

// HeadcountKey is the entity key of a headcount: its root.
func HeadcountKey(org string, id int64) string { return HeadcountRoot(org, id) }

// WebhookKey is the journal key of a webhook that names neither application nor
// headcount: `org:webhook:<id>`.
func WebhookKey(org, id string) string { return org + ":webhook:" + id }

// CheckpointKey is the key of a poll feed's checkpoint: `org:<feed>`. Its
// partition is Partition(org, n).
func CheckpointKey(org, feed string) string { return org + ":" + feed }

func idKey(org, kind string, id int64, rest string) string {
	b := make([]byte, 0, len(org)+len(kind)+20+len(rest))
	b = append(append(b, org...), kind...)
	return string(append(strconv.AppendInt(b, id, 10), rest...))
}

// Partition is where Java's default partitioner puts a string key in a topic
// of n partitions: murmur2 of its UTF-8 bytes, without the sign. n is at least 1.
func Partition(key string, n int) int32 {
	return int32(int(murmur2(key)&0x7fffffff) % n)
}

// murmur2 is the hash of org.apache.kafka.common.utils.Utils.murmur2, as
// unsigned. The client has the same, but not for strings and not exported.
func murmur2(key string) uint32 {
	const m = 0x5bd1e995
	h := uint32(0x9747b28c) ^ uint32(len(key))
	for ; len(key) >= 4; key = key[4:] {
		k := uint32(key[0]) | uint32(key[1])<<8 | uint32(key[2])<<16 | uint32(key[3])<<24
		k *= m
		k ^= k >> 24
		k *= m
		h *= m
		h ^= k
	}
	switch len(key) {
	case 3:
		h ^= uint32(key[2]) << 16
		fallthrough
	case 2:
		h ^= uint32(key[1]) << 8
		fallthrough
	case 1:
		h ^= uint32(key[0])
		h *= m
	}
	h ^= h >> 13
	h *= m
	return h ^ h>>15
}

// Partitioner puts the records of state topics, checkpoints and results where
// their Partition says, and everything else where Java's default partitioner
// would put its key. A Partition that the topic does not have fails the record.
func Partitioner(t Topics) kgo.Partitioner {
	return partitioner{topics: t, manual: kgo.ManualPartitioner(), hashed: kgo.StickyKeyPartitioner(nil)}
}

type partitioner struct {
	topics         Topics
	manual, hashed kgo.Partitioner
}

// ForTopic implements kgo.Partitioner.
func (p partitioner) ForTopic(topic string) kgo.TopicPartitioner {
	if p.topics.placed(topic) {
		return p.manual.ForTopic(topic)
	}
	return p.hashed.ForTopic(topic)
}
