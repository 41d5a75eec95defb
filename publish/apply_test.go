package publish_test

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kadm"

	"github.com/mokafka/mokafka/internal/kafkatest"
	"github.com/mokafka/mokafka/publish"
)

var update = flag.Bool("update", false, "rewrite the goldens under testdata")

// transcript collects what a person would have read, with prefix as "moka".
type transcript struct {
	t      *testing.T
	prefix string
	text   strings.Builder
}

func (tr *transcript) add(title string, report publish.Report, err error) {
	tr.t.Helper()
	fmt.Fprintf(&tr.text, "# %s\n", title)
	var text strings.Builder
	if err := report.WriteText(&text); err != nil {
		tr.t.Fatal(err)
	}
	tr.text.WriteString(strings.ReplaceAll(text.String(), tr.prefix, "moka"))
	fmt.Fprintf(&tr.text, "complete: %t\n", report.Complete())
	if err != nil {
		fmt.Fprintf(&tr.text, "error: %s\n", strings.ReplaceAll(err.Error(), tr.prefix, "moka"))
	}
	tr.text.WriteByte('\n')
}

func (tr *transcript) compare(golden string) {
	tr.t.Helper()
	path := filepath.Join("testdata", golden)
	got := tr.text.String()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			tr.t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		tr.t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		tr.t.Errorf("transcript (-want +got):\n%s", diff)
	}
}

// TestApply walks through what an operator does and reads.
func TestApply(t *testing.T) {
	c := kafkatest.Start(t)
	ctx, admin := within(t, 5*time.Minute), kadm.NewClient(c.Client())
	specs := publish.Catalogue(layout(c))
	tr := &transcript{t: t, prefix: c.Prefix()}
	describe := func(title string) {
		t.Helper()
		report, err := publish.Describe(ctx, admin, specs)
		tr.add(title, report, err)
	}
	apply := func(title string, opts publish.ApplyOptions) {
		t.Helper()
		report, err := publish.Apply(ctx, admin, specs, opts)
		tr.add(title, report, err)
	}

	describe("describe, with nothing there")
	apply("apply, dry run", publish.ApplyOptions{DryRun: true, Alter: true})
	apply("apply", publish.ApplyOptions{})
	for _, s := range specs {
		heard(t, c, s.Name)
	}
	apply("apply again", publish.ApplyOptions{Alter: true})

	// Somebody turns knobs we want elsewhere, and one we have no view on.
	offers := c.Prefix() + ".offers.v1"
	set := func(topic, name, value string) {
		t.Helper()
		_, err := admin.AlterTopicConfigs(ctx, []kadm.AlterConfig{{Op: kadm.SetConfig, Name: name, Value: &value}}, topic)
		if err != nil {
			t.Fatal(err)
		}
		configured(t, c, topic, name, value)
	}
	set(offers, "retention.ms", "3600000")
	set(offers, "max.message.bytes", "1000012")
	set(offers, "flush.messages", "7")
	all := specs
	specs = specs[2:3]
	specs[0].Replication = 2 // as if that were wanted
	describe("describe, after somebody changed a topic")
	apply("apply without alter", publish.ApplyOptions{})
	apply("apply with alter, dry run", publish.ApplyOptions{DryRun: true, Alter: true})
	apply("apply with alter", publish.ApplyOptions{Alter: true})
	configured(t, c, offers, "retention.ms", specs[0].Configs["retention.ms"])
	specs[0].Replication = 1
	set(offers, "retention.ms", "-1")
	apply("apply with alter, where that mends all", publish.ApplyOptions{Alter: true})
	configured(t, c, offers, "retention.ms", specs[0].Configs["retention.ms"])
	specs = all
	set(c.Prefix()+".writeback.results.v1", "cleanup.policy", "delete,compact") // the same in another order
	describe("describe, at the end")
	tr.compare("apply.txt")

	configs, err := admin.DescribeTopicConfigs(ctx, offers)
	if err != nil {
		t.Fatal(err)
	}
	for _, cfg := range configs[0].Configs {
		if cfg.Key == "flush.messages" && cfg.MaybeValue() != "7" {
			t.Errorf("a config that is not ours was changed to %s", cfg.MaybeValue())
		}
	}
}

// TestApplyRefusesPartitionCounts: whatever the wish, keys stay where they are,
// and nothing else is done either.
func TestApplyRefusesPartitionCounts(t *testing.T) {
	c := kafkatest.Start(t)
	ctx, admin := within(t, time.Minute), kadm.NewClient(c.Client())
	specs := publish.Catalogue(layout(c))[:3] // journal, candidates, offers
	for i, partitions := range map[int]int{0: 3, 2: 2} {
		there := specs[i]
		there.Partitions = partitions
		if _, err := publish.Apply(ctx, admin, []publish.Spec{there}, publish.ApplyOptions{}); err != nil {
			t.Fatal(err)
		}
		heard(t, c, there.Name)
	}
	tr := &transcript{t: t, prefix: c.Prefix()}
	for _, opts := range []publish.ApplyOptions{{}, {Alter: true}, {DryRun: true}} {
		report, err := publish.Apply(ctx, admin, specs, opts)
		if !errors.Is(err, publish.ErrPartitions) {
			t.Errorf("%+v: %v, want ErrPartitions", opts, err)
		}
		tr.add(fmt.Sprintf("%+v", opts), report, err)
	}
	tr.compare("partitions.txt")
	report, err := publish.Describe(ctx, admin, specs)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []int{3, 0, 2} {
		if report.Topics[i].Partitions != want {
			t.Errorf("%s now has %d partitions, had %d", report.Topics[i].Spec.Name, report.Topics[i].Partitions, want)
		}
	}
}

// TestPartitionsMustAgree: aligned topics with one another, the others need not.
func TestPartitionsMustAgree(t *testing.T) {
	report := func(a, b int, aligned bool) publish.Report {
		return publish.Report{Topics: []publish.TopicReport{
			{Spec: publish.Spec{Name: "a", Partitions: 4, Aligned: true}, Partitions: a},
			{Spec: publish.Spec{Name: "missing", Partitions: 4, Aligned: true}},
			{Spec: publish.Spec{Name: "b", Partitions: 4, Aligned: aligned}, Partitions: b},
		}}
	}
	if err := report(4, 6, false).Err(); err != nil {
		t.Errorf("b goes its own way: %v", err)
	}
	for _, c := range []struct {
		report publish.Report
		words  string
	}{
		{report(4, 6, true), "b has 6 partitions, not 4"},
		{report(4, 6, true), "another KAFKA_TOPIC_PREFIX"},
		{report(6, 6, true), "set KAFKA_TOPIC_PARTITIONS=6"},
	} {
		if err := c.report.Err(); !errors.Is(err, publish.ErrPartitions) || !strings.Contains(err.Error(), c.words) {
			t.Errorf("%v, want ErrPartitions with %q", err, c.words)
		}
	}
}

// TestApplyAtTheSameTime: replicas of a worker all apply when they start.
func TestApplyAtTheSameTime(t *testing.T) {
	c := kafkatest.Start(t)
	specs := publish.Catalogue(layout(c))
	ctx := within(t, time.Minute)
	var wg sync.WaitGroup
	for range 4 {
		admin := kadm.NewClient(c.Client())
		wg.Go(func() {
			report, err := publish.Apply(ctx, admin, specs, publish.ApplyOptions{})
			if err != nil {
				t.Error(err)
			}
			if !report.Complete() {
				t.Errorf("not complete: %+v", report)
			}
		})
	}
	wg.Wait()
}

func TestApplyWithTooFewBrokers(t *testing.T) {
	c := kafkatest.Start(t)
	cfg := layout(c)
	cfg.Replication = 50
	_, err := publish.Apply(within(t, time.Minute), kadm.NewClient(c.Client()), publish.Catalogue(cfg)[:1], publish.ApplyOptions{})
	if err == nil || !strings.Contains(err.Error(), "KAFKA_TOPIC_REPLICATION") {
		t.Errorf("%v, want a word about KAFKA_TOPIC_REPLICATION", err)
	}
}
