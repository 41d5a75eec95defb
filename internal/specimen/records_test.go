package specimen_test

import (
	"strings"
	"testing"

	"github.com/mokafka/mokafka/internal/specimen"
	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
)

// TestEveryTopicHasOne: an example of each topic that its schema reads, in the
// partition of its root, and of events those that tell most.
func TestEveryTopicHasOne(t *testing.T) {
	cfg := publish.TopicConfig{Prefix: "moka", Partitions: 12, Replication: 3}
	made, source, err := specimen.Records(cfg)
	if err != nil {
		t.Fatal(err)
	}
	decoder, err := schemas.NewDecoder(source)
	if err != nil {
		t.Fatal(err)
	}
	for _, spec := range publish.Catalogue(cfg) {
		rec := made[spec.Name]
		if rec == nil {
			t.Errorf("%s has no example", spec.Name)
			continue
		}
		text, record, err := decoder.JSON(t.Context(), rec.Value)
		if err != nil || record != "com.moka."+spec.Record {
			t.Errorf("%s holds a %s: %v", spec.Name, record, err)
		}
		want := map[string]string{
			"moka.candidates.v1": `"type":"STAGE_MOVED"`, "moka.offers.v1": `"type":"SENT"`,
			"moka.interviews.v1": `"type":"CREATED"`, "moka.headcounts.v1": `"type":"STATUS_CHANGED"`,
		}[spec.Name]
		if !strings.Contains(string(text), want) {
			t.Errorf("%s: no %s in %s", spec.Name, want, text)
		}
		if rec.Timestamp.IsZero() || len(rec.Key) == 0 {
			t.Errorf("%s: no time or key: %+v", spec.Name, rec)
		}
	}
	if len(made) != len(publish.Catalogue(cfg)) {
		t.Errorf("%d examples of %d topics", len(made), len(publish.Catalogue(cfg)))
	}
}
