package publish_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas/avsc"
)

// TestTopicNames: the names are a contract with every consumer.
func TestTopicNames(t *testing.T) {
	var got []string
	for _, s := range publish.Catalogue(publish.TopicConfig{Prefix: "moka", Partitions: 12, Replication: 3}) {
		got = append(got, s.Name+" "+s.Record+" "+s.Subject+" "+s.Configs["cleanup.policy"])
	}
	want := []string{
		"moka.journal.v1 JournalEntry moka.journal.v1-value delete",
		"moka.candidates.v1 CandidateEvent moka.candidates.v1-value delete",
		"moka.offers.v1 OfferEvent moka.offers.v1-value delete",
		"moka.interviews.v1 InterviewEvent moka.interviews.v1-value delete",
		"moka.headcounts.v1 HeadcountEvent moka.headcounts.v1-value delete",
		"moka.candidates.state.v1 CandidateState moka.candidates.state.v1-value compact",
		"moka.offers.state.v1 OfferState moka.offers.state.v1-value compact",
		"moka.interviews.state.v1 InterviewState moka.interviews.state.v1-value compact",
		"moka.headcounts.state.v1 HeadcountState moka.headcounts.state.v1-value compact",
		"moka.checkpoints.v1 Checkpoint moka.checkpoints.v1-value compact",
		"moka.dlq.v1 DeadLetter moka.dlq.v1-value delete",
		"moka.writeback.commands.v1 WritebackCommand moka.writeback.commands.v1-value delete",
		"moka.writeback.results.v1 WritebackResult moka.writeback.results.v1-value compact,delete",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("catalogue (-want +got):\n%s", diff)
	}
}

func TestCatalogueSettings(t *testing.T) {
	bundle, err := avsc.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	days := map[string]string{
		"journal": "604800000", "candidates": "7776000000", "dlq": "2592000000",
		"writeback.commands": "2592000000", "writeback.results": "34560000000",
	}
	for replication, insync := range map[int]string{1: "1", 2: "1", 3: "2", 4: "3"} {
		specs := publish.Catalogue(publish.TopicConfig{Prefix: "p", Partitions: 5, Replication: replication})
		for _, s := range specs {
			if s.Partitions != 5 || s.Replication != replication {
				t.Errorf("%s: %d partitions × %d, want 5 × %d", s.Name, s.Partitions, s.Replication, replication)
			}
			if got := s.Configs["min.insync.replicas"]; got != insync {
				t.Errorf("%s: min.insync.replicas %s with %d replicas, want %s", s.Name, got, replication, insync)
			}
			if _, ok := bundle[s.Record]; !ok {
				t.Errorf("%s: no schema is called %s", s.Name, s.Record)
			}
			short := strings.TrimSuffix(strings.TrimPrefix(s.Name, "p."), ".v1")
			if want, ok := days[short]; ok && s.Configs["retention.ms"] != want {
				t.Errorf("%s: retention.ms %s, want %s", s.Name, s.Configs["retention.ms"], want)
			}
			if aligned := short != "dlq" && short != "checkpoints"; s.Aligned != aligned {
				t.Errorf("%s: aligned %t, want %t", s.Name, s.Aligned, aligned)
			}
			if s.Doc == "" {
				t.Errorf("%s: no doc", s.Name)
			}
		}
	}
}

func TestTopicConfigNamesEveryFault(t *testing.T) {
	good := publish.TopicConfig{Prefix: "moka", Partitions: 12, Replication: 3}
	if err := good.Validate(); err != nil {
		t.Errorf("the defaults are refused: %v", err)
	}
	err := publish.TopicConfig{Prefix: "mo ka"}.Validate()
	if err == nil {
		t.Fatal("nothing is wrong with an empty configuration")
	}
	for _, name := range []string{"KAFKA_TOPIC_PREFIX", "KAFKA_TOPIC_PARTITIONS", "KAFKA_TOPIC_REPLICATION"} {
		if !strings.Contains(err.Error(), name) {
			t.Errorf("%v\ndoes not name %s", err, name)
		}
	}
}
