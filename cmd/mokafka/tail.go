package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
)

// tailOptions say what is shown of a topic, and how.
type tailOptions struct {
	from      string
	key       string
	anyKey    bool
	asJSON    bool
	exitAtEnd bool
	limit     int
}

func (p *program) tailCommand() *cobra.Command {
	var flags connectionFlags
	var opts tailOptions
	cmd := &cobra.Command{
		Use:   "tail TOPIC",
		Short: "Show the decoded records of a topic",
		Long: "Shows the records of a topic, decoded with the schemas they were written with. TOPIC is a\n" +
			"full name (moka.candidates.v1) or its middle (candidates, offers, interviews, headcounts,\n" +
			"candidates.state, journal, dlq, checkpoints, commands, results).\n\n" +
			"Only what is committed is shown, as a read_committed consumer sees it. Events are shown a\n" +
			"line each, without personal data; records of the other topics whole, personal data and all.\n" +
			"--json shows everything: objects with topic, partition,\n" +
			"offset, timestamp, key, headers and value, a line each. Deleted keys have the value null,\n" +
			"and what cannot be decoded an error and its bytes in value_base64.",
		Example: "  mokafka tail candidates\n" +
			"  mokafka tail interviews --from 15m --json | jq .value.after\n" +
			"  mokafka tail journal --from earliest --exit-at-end --key demo:app:42",
		GroupID: groupLook,
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			opts.anyKey = !cmd.Flags().Changed("key")
			if opts.limit < 0 {
				return wrongly(cmd, "-n: %d is less than 0", opts.limit)
			}
			if opts.from == "" {
				opts.from = "latest"
				if opts.exitAtEnd {
					opts.from = "earliest"
				}
			}
			return p.tail(cmd, flags, opts, args[0])
		},
	}
	flags.add(cmd, true, true)
	cmd.Flags().StringVar(&opts.from, "from", "", "earliest, latest, a time (2026-01-31T08:00:00+08:00), a day, or how long ago (15m);\n"+
		"default latest, with --exit-at-end earliest")
	cmd.Flags().StringVar(&opts.key, "key", "", "show the records with this key only")
	cmd.Flags().BoolVar(&opts.asJSON, "json", false, "write JSON lines")
	cmd.Flags().BoolVar(&opts.exitAtEnd, "exit-at-end", false, "end at the last record there was at the start, in the order of time")
	cmd.Flags().IntVarP(&opts.limit, "limit", "n", 0, "end after so many records (default: no limit)")
	return cmd
}

func (p *program) tail(cmd *cobra.Command, flags connectionFlags, opts tailOptions, name string) error {
	start, err := parseFrom(opts.from, p.now())
	if err != nil {
		return wrongly(cmd, "--from: %w", err)
	}
	var c connection
	if err := flags.over(p.environment()).read(&c.Kafka, &c.Topics, &c.Registry); err != nil {
		return err
	}
	registry, err := c.open(flags.timeout)
	if err != nil {
		return err
	}
	decoder, err := schemas.NewDecoder(registry)
	if err != nil {
		return err
	}
	ctx := cmd.Context()
	client, err := c.dial(ctx, flags.timeout, p.quiet())
	if err != nil {
		return err
	}
	defer client.Close()
	admin := kadm.NewClient(client)
	topic, err := findTopic(ctx, admin, c.Topics, name)
	if err != nil {
		return err
	}
	from, err := start.offsets(ctx, admin, topic)
	if err != nil {
		return err
	}
	out := newTailWriter(p.stdout, decoder, opts, start.at)
	if opts.exitAtEnd {
		err = p.tailToEnd(ctx, client, topic, from, out)
	} else {
		err = p.tailFollow(ctx, c, topic, from, out)
	}
	if errors.Is(err, errLimit) || ctx.Err() != nil { // a signal ends it in order
		err = nil
	}
	return errors.Join(err, out.flush())
}

// errLimit ends a tail that has shown as much as it should.
var errLimit = errors.New("limit reached")

// findTopic finds the topic that is meant by a full name or its middle.
func findTopic(ctx context.Context, admin *kadm.Client, cfg publish.TopicConfig, name string) (string, error) {
	there, err := admin.ListTopics(ctx)
	if err != nil {
		return "", fmt.Errorf("list the topics: %w", err)
	}
	t := cfg.Topics()
	candidates := []string{name, cfg.Prefix + "." + name + ".v1", cfg.Prefix + "." + name}
	switch name {
	case "commands":
		candidates = append(candidates, t.Commands())
	case "results":
		candidates = append(candidates, t.Results())
	case "deadletters", "dead-letters":
		candidates = append(candidates, t.DeadLetters())
	}
	for _, c := range candidates {
		if detail, ok := there[c]; ok && detail.Err == nil {
			return c, nil
		}
	}
	ours := slices.DeleteFunc(slices.Sorted(maps.Keys(there)), func(n string) bool { return !strings.HasPrefix(n, cfg.Prefix+".") })
	if len(ours) == 0 {
		return "", fmt.Errorf("there is no topic %q, nor any that begins with %q: create them with 'mokafka topics apply'", name, cfg.Prefix+".")
	}
	return "", fmt.Errorf("there is no topic %q; there are %s", name, strings.Join(ours, ", "))
}

// startPoint is where a tail begins: at one end, or at a time.
type startPoint struct {
	latest bool
	at     time.Time // zero: at an end
}

// parseFrom reads --from. Times without a zone are local.
func parseFrom(text string, now time.Time) (startPoint, error) {
	switch text {
	case "earliest":
		return startPoint{}, nil
	case "latest":
		return startPoint{latest: true}, nil
	}
	if ago, err := time.ParseDuration(text); err == nil && ago >= 0 {
		return startPoint{at: now.Add(-ago)}, nil
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02T15:04", time.DateOnly} {
		if at, err := time.ParseInLocation(layout, text, time.Local); err == nil {
			return startPoint{at: at}, nil
		}
	}
	return startPoint{}, fmt.Errorf("%q is not earliest, latest, a time such as 2026-01-31T08:00:00+08:00, a day, or a duration such as 15m", text)
}

// offsets finds where the start point is in each partition.
func (s startPoint) offsets(ctx context.Context, admin *kadm.Client, topic string) (map[int32]int64, error) {
	list := func(ctx context.Context, topics ...string) (kadm.ListedOffsets, error) {
		return admin.ListOffsetsAfterMilli(ctx, s.at.UnixMilli(), topics...)
	}
	switch {
	case s.latest:
		list = admin.ListEndOffsets
	case s.at.IsZero():
		list = admin.ListStartOffsets
	}
	return offsetsOf(ctx, topic, list)
}

func offsetsOf(ctx context.Context, topic string, list func(context.Context, ...string) (kadm.ListedOffsets, error)) (map[int32]int64, error) {
	listed, err := list(ctx, topic)
	if err == nil {
		err = listed.Error()
	}
	if err != nil {
		return nil, fmt.Errorf("look up the offsets of %s: %w", topic, err)
	}
	offsets := make(map[int32]int64, len(listed[topic]))
	for partition, o := range listed[topic] {
		offsets[partition] = o.Offset
	}
	return offsets, nil
}

// tailFollow shows records as they come, until ctx ends.
func (p *program) tailFollow(ctx context.Context, c connection, topic string, from map[int32]int64, out *tailWriter) error {
	opts, err := c.Kafka.Options("tail", p.quiet(), nil)
	if err != nil {
		return &wrongUseError{err}
	}
	start := make(map[int32]kgo.Offset, len(from))
	for partition, offset := range from {
		start[partition] = kgo.NewOffset().At(offset)
	}
	client, err := kgo.NewClient(append(opts,
		kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic: start}),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.FetchMaxWait(500*time.Millisecond),
		kgo.MetadataMinAge(250*time.Millisecond),
	)...)
	if err != nil {
		return fmt.Errorf("make the Kafka client: %w", err)
	}
	defer client.Close()
	fmt.Fprintf(p.stderr, "following %s, %d partitions; Ctrl-C ends it\n", topic, len(from))
	for {
		fetches := client.PollFetches(ctx)
		if ctx.Err() != nil {
			return nil
		}
		for _, e := range fetches.Errors() {
			return fmt.Errorf("read %s/%d: %w", e.Topic, e.Partition, e.Err)
		}
		for _, rec := range fetches.Records() {
			if err := out.show(ctx, rec); err != nil {
				return err
			}
		}
		if err := out.flush(); err != nil {
			return err
		}
	}
}
