package publish_test

import (
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"
	"pgregory.net/rapid"

	"github.com/mokafka/mokafka/publish"
)

func TestKeys(t *testing.T) {
	for want, got := range map[string]string{
		"demo:app:42":           publish.Root("demo", 42),
		"demo:app:43":           publish.CandidateKey("demo", 43),
		"demo:app:42:offer":     publish.OfferKey("demo", 42),
		"demo:app:42:iv:77-a":   publish.InterviewKey("demo", 42, "77-a"),
		"demo:hc:9":             publish.HeadcountRoot("demo", 9),
		"demo:hc:10":            publish.HeadcountKey("demo", 10),
		"demo:webhook:5f-e":     publish.WebhookKey("demo", "5f-e"),
		"demo:ehrApplications2": publish.CheckpointKey("demo", "ehrApplications2"),
	} {
		if got != want {
			t.Errorf("key %q, want %q", got, want)
		}
	}
}

// TestPartitionIsJavas uses the hashes of Kafka's own UtilsTest.testMurmur2,
// without their sign, as its default partitioner does.
func TestPartitionIsJavas(t *testing.T) {
	for key, hash := range map[string]int32{
		"21":                         -973932308,
		"foobar":                     -790332482,
		"a-little-bit-long-string":   -985981536,
		"a-little-bit-longer-string": -1486304829,
		"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8": -58897971,
		"abc": 479470107,
	} {
		for _, n := range []int{1, 3, 12, 1 << 30} {
			if got, want := publish.Partition(key, n), (hash&0x7fffffff)%int32(n); got != want {
				t.Errorf("Partition(%q, %d) = %d, want %d", key, n, got, want)
			}
		}
	}
}

// TestPartitionIsTheClients: what we compute is where the client puts it.
func TestPartitionIsTheClients(t *testing.T) {
	client := kgo.StickyKeyPartitioner(nil).ForTopic("t")
	rapid.Check(t, func(t *rapid.T) {
		key, n := rapid.String().Draw(t, "key"), rapid.IntRange(1, 100).Draw(t, "n")
		if got, want := publish.Partition(key, n), client.Partition(&kgo.Record{Key: []byte(key)}, n); int(got) != want {
			t.Errorf("Partition(%q, %d) = %d, the client says %d", key, n, got, want)
		}
	})
}

// TestPartitioner: compacted topics by hand, the others by key.
func TestPartitioner(t *testing.T) {
	topics := publish.NewTopics("moka")
	p := publish.Partitioner(topics)
	key := publish.OfferKey("demo", 42)
	hashed := int(publish.Partition(key, 12))
	byHand := (hashed + 1) % 12
	for topic, want := range map[string]int{
		topics.State(publish.Candidates): byHand,
		topics.State(publish.Offers):     byHand,
		topics.State(publish.Interviews): byHand,
		topics.State(publish.Headcounts): byHand,
		topics.Checkpoints():             byHand,
		topics.Results():                 byHand,
		topics.Journal():                 hashed,
		topics.Events(publish.Offers):    hashed,
		topics.DeadLetters():             hashed,
		topics.Commands():                hashed,
	} {
		rec := &kgo.Record{Topic: topic, Key: []byte(key), Partition: int32(byHand)}
		tp := p.ForTopic(topic)
		if got := tp.Partition(rec, 12); got != want {
			t.Errorf("%s: partition %d, want %d", topic, got, want)
		}
		if !tp.RequiresConsistency(rec) {
			t.Errorf("%s: a keyed record may go elsewhere while its partition is away", topic)
		}
	}
}
