package commands_test

import (
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"go.uber.org/goleak"

	"github.com/mokafka/mokafka/internal/bench/commands"
	"github.com/mokafka/mokafka/internal/kafkatest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A small run has all its figures; that none is faster than the latency lets it
// be shows that the stand-in takes it.
func TestRun(t *testing.T) {
	cluster := kafkatest.Start(t, kafkatest.Embedded())
	results, err := commands.Run(t.Context(), commands.Config{
		Latencies: []time.Duration{0, 20 * time.Millisecond}, Parallel: []int{1, 8},
		Length: 200 * time.Millisecond, Results: 5000, Dir: t.TempDir(),
	}, commands.Bench{
		Broker: cluster.Brokers[0], Admin: kadm.NewClient(cluster.Client(kgo.MetadataMinAge(100 * time.Millisecond))),
		Log: t.Output(), Progress: func(line string) { t.Log(line) },
	})
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	if _, err := results.WriteTo(&text); err != nil {
		t.Fatal(err)
	}
	if lines := strings.Count(text.String(), "\n"); lines != 8 || !strings.Contains(text.String(), "5,000 results") {
		t.Errorf("the report has %d lines:\n%s", lines, &text)
	}
	for _, part := range results.OfTheBound() {
		if part <= 0 || part > 1 {
			t.Errorf("%.2f of the bound", part)
		}
	}
	t.Log("\n" + text.String())
}
