package publish

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
)

// ApplyOptions say how far Apply may go.
type ApplyOptions struct {
	// DryRun reports what would be done and writes nothing.
	DryRun bool
	// Alter has configs that differ set to what is wanted; without it they are
	// reported only. Configs the specs do not name are never touched.
	Alter bool
}

// Describe compares the topics with the specs and writes nothing. It fails when
// Kafka can't be asked; what is wrong with the topics is in the report. Brokers
// hear of changes one after the other, so that within moments of one the report
// may show what was before.
func Describe(ctx context.Context, admin *kadm.Client, specs []Spec) (Report, error) {
	var report Report
	err := settle(ctx, func() (err error) {
		report, err = describe(ctx, admin, specs)
		return err
	})
	return report, err
}

// errUnsettled says that one broker knows of a topic and another does not yet.
var errUnsettled = errors.New("the brokers do not agree yet that the topic exists")

// settle repeats what failed with errUnsettled, for five seconds.
func settle(ctx context.Context, try func() error) error {
	pause := time.NewTicker(100 * time.Millisecond)
	defer pause.Stop()
	for n := 0; ; n++ {
		err := try()
		if !errors.Is(err, errUnsettled) || n == 50 {
			return err
		}
		select {
		case <-pause.C:
		case <-ctx.Done():
			return fmt.Errorf("%w: %w", context.Cause(ctx), err)
		}
	}
}

func describe(ctx context.Context, admin *kadm.Client, specs []Spec) (Report, error) {
	names := make([]string, 0, len(specs))
	for _, s := range specs {
		names = append(names, s.Name)
	}
	details, err := admin.ListTopics(ctx, names...)
	if err != nil {
		return Report{}, fmt.Errorf("describe topics: %w", err)
	}
	there := slices.DeleteFunc(names, func(name string) bool { return errors.Is(details[name].Err, kerr.UnknownTopicOrPartition) })
	configs := make(map[string]map[string]string, len(there))
	if len(there) > 0 {
		described, err := admin.DescribeTopicConfigs(ctx, there...)
		if err != nil {
			return Report{}, fmt.Errorf("describe topic configs: %w", err)
		}
		for _, d := range described {
			if errors.Is(d.Err, kerr.UnknownTopicOrPartition) {
				return Report{}, fmt.Errorf("describe the configs of %s: %w", d.Name, errUnsettled)
			}
			if d.Err != nil {
				return Report{}, fmt.Errorf("describe the configs of %s: %w", d.Name, d.Err)
			}
			configs[d.Name] = make(map[string]string, len(d.Configs))
			for _, c := range d.Configs {
				configs[d.Name][c.Key] = c.MaybeValue()
			}
		}
	}
	var report Report
	for _, s := range specs {
		detail, listed := details[s.Name]
		switch {
		case errors.Is(detail.Err, kerr.UnknownTopicOrPartition):
			report.Topics = append(report.Topics, TopicReport{Spec: s, Status: TopicMissing})
		case detail.Err != nil:
			return Report{}, fmt.Errorf("describe %s: %w", s.Name, detail.Err)
		case !listed:
			return Report{}, fmt.Errorf("describe %s: Kafka did not answer for it", s.Name)
		default:
			report.Topics = append(report.Topics, compare(s, detail, configs[s.Name]))
		}
	}
	return report, nil
}

// compare compares a topic that is there.
func compare(s Spec, found kadm.TopicDetail, configs map[string]string) TopicReport {
	t := TopicReport{Spec: s, Status: TopicSame, Partitions: len(found.Partitions)}
	if t.Partitions != s.Partitions {
		t.Differences = append(t.Differences, Difference{
			"partitions", strconv.Itoa(s.Partitions), strconv.Itoa(t.Partitions), "left as it is",
		})
	}
	if n := found.Partitions.NumReplicas(); n != s.Replication {
		t.Differences = append(t.Differences, Difference{
			"replication", strconv.Itoa(s.Replication), strconv.Itoa(n),
			fmt.Sprintf("left as it is; use kafka-reassign-partitions, or set KAFKA_TOPIC_REPLICATION=%d", n),
		})
	}
	for _, name := range slices.Sorted(maps.Keys(s.Configs)) {
		if want, got := s.Configs[name], configs[name]; canonical(want) != canonical(got) {
			t.Differences = append(t.Differences, Difference{name, want, got, "left as it is; apply with --alter sets it"})
		}
	}
	if len(t.Differences) > 0 {
		t.Status = TopicDiffers
	}
	return t
}

// canonical makes equal lists equal: "delete,compact" and "compact,delete".
func canonical(value string) string {
	parts := strings.Split(value, ",")
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	slices.Sort(parts)
	return strings.Join(parts, ",")
}

// Apply creates the topics that are missing and compares those that are there.
// While a partition count is wrong it writes nothing and returns the report with
// an error that wraps ErrPartitions. Other differences are no error: they are in
// the report, mended if opts.Alter says so. Several may apply at the same time.
func Apply(ctx context.Context, admin *kadm.Client, specs []Spec, opts ApplyOptions) (Report, error) {
	report, err := Describe(ctx, admin, specs)
	if err != nil {
		return report, err
	}
	if err := report.Err(); err != nil {
		return report, err
	}
	var errs []error
	for i := range report.Topics {
		t := &report.Topics[i]
		var err error
		switch {
		case t.Status == TopicMissing && opts.DryRun:
			t.Status = TopicPlanned
		case t.Status == TopicMissing:
			err = create(ctx, admin, t)
		case t.Status == TopicDiffers && opts.Alter:
			err = alter(ctx, admin, t, opts.DryRun)
		}
		if err != nil {
			errs = append(errs, err)
		}
	}
	return report, errors.Join(errs...)
}

func create(ctx context.Context, admin *kadm.Client, t *TopicReport) error {
	configs := make(map[string]*string, len(t.Spec.Configs))
	for name, value := range t.Spec.Configs {
		configs[name] = &value
	}
	resp, err := admin.CreateTopic(ctx, int32(t.Spec.Partitions), int16(t.Spec.Replication), configs, t.Spec.Name)
	switch {
	case errors.Is(err, kerr.TopicAlreadyExists):
		return recheck(ctx, admin, t) // somebody else applied meanwhile
	case errors.Is(err, kerr.InvalidReplicationFactor):
		return fmt.Errorf("create %s: there are too few brokers for %d replicas (set KAFKA_TOPIC_REPLICATION): %w", t.Spec.Name, t.Spec.Replication, err)
	case err != nil:
		return fmt.Errorf("create %s: %w%s", t.Spec.Name, err, inParentheses(resp.ErrMessage))
	}
	t.Status, t.Partitions = TopicCreated, t.Spec.Partitions
	return nil
}

// alter sets the configs that differ, or says that it would.
func alter(ctx context.Context, admin *kadm.Client, t *TopicReport, dryRun bool) error {
	var changes []kadm.AlterConfig
	for i, d := range t.Differences {
		value, ok := t.Spec.Configs[d.Name]
		if !ok {
			continue
		}
		if dryRun {
			t.Differences[i].Mend = "would be set"
			continue
		}
		changes = append(changes, kadm.AlterConfig{Op: kadm.SetConfig, Name: d.Name, Value: &value})
	}
	if len(changes) == 0 {
		return nil
	}
	responses, err := admin.AlterTopicConfigs(ctx, changes, t.Spec.Name)
	if err != nil {
		return fmt.Errorf("alter %s: %w", t.Spec.Name, err)
	}
	for _, r := range responses {
		if r.Err != nil {
			return fmt.Errorf("alter %s: %w%s", t.Spec.Name, r.Err, inParentheses(r.ErrMessage))
		}
	}
	if len(changes) == len(t.Differences) {
		t.Status = TopicAltered
	}
	for i, d := range t.Differences {
		if _, ok := t.Spec.Configs[d.Name]; ok {
			t.Differences[i].Mend = "set"
		}
	}
	return nil
}

// recheck compares a topic that exists though it was missing a moment ago.
func recheck(ctx context.Context, admin *kadm.Client, t *TopicReport) error {
	return settle(ctx, func() error {
		report, err := describe(ctx, admin, []Spec{t.Spec})
		if err != nil {
			return err
		}
		if *t = report.Topics[0]; t.Status == TopicMissing {
			return fmt.Errorf("create %s: %w", t.Spec.Name, errUnsettled)
		}
		return report.Err()
	})
}

func inParentheses(s string) string {
	if s == "" {
		return ""
	}
	return " (" + s + ")"
}
