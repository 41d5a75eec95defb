// Command consumer acts on what happens to candidates, once, and keeps a table of
// how they are.
//
// It reads moka.candidates.v1 (events: act on them) and moka.candidates.state.v1
// (states: keep a table), and commits its offsets only after what it read is in the
// table.
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/mokafka/mokafka/schemas"
	"github.com/twmb/franz-go/pkg/kgo"
)

func env(name, otherwise string) string { return cmp.Or(os.Getenv(name), otherwise) }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// consumer is what the records go through.
type consumer struct {
	events, states string // topics
	decoder        *schemas.Decoder
	table          *table
}

func run(ctx context.Context) (err error) {
	registry, err := schemas.NewRegistry(schemas.RegistryConfig{
		URLs: strings.Split(env("SCHEMA_REGISTRY_URL", "http://127.0.0.1:8081"), ","), Timeout: 5 * time.Second,
	})
	if err != nil {
		return err
	}
	decoder, err := schemas.NewDecoder(registry) // reads with the schemas of this build, whatever wrote a value
	if err != nil {
		return err
	}
	prefix := env("KAFKA_TOPIC_PREFIX", "moka")
	c := &consumer{events: prefix + ".candidates.v1", states: prefix + ".candidates.state.v1", decoder: decoder}
	if c.table, err = openTable(env("TABLE", "candidates-go.db")); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.table.Close()) }()

	client, err := kgo.NewClient(
		kgo.SeedBrokers(strings.Split(env("KAFKA_BROKERS", "127.0.0.1:9092"), ",")...),
		kgo.ConsumerGroup(env("GROUP", "example-go")),
		kgo.ConsumeTopics(c.events, c.states),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()), // nothing of transactions that were aborted
		kgo.DisableAutoCommit(),                      // we commit, after the work
		kgo.BlockRebalanceOnPoll(),                   // nobody takes a partition from us in the middle of it
	)
	if err != nil {
		return err
	}
	defer client.CloseAllowingRebalance()
	for ctx.Err() == nil {
		if err := c.batch(ctx, client); err != nil {
			return err
		}
		client.AllowRebalance()
	}
	alive, err := c.table.alive()
	fmt.Fprintf(os.Stderr, "stopped; %d applications in the table\n", alive)
	return err
}

// batch takes what there is: all of it goes into the table in one local
// transaction, and then the offsets are committed. An error ends the program:
// nothing is passed over in silence.
func (c *consumer) batch(ctx context.Context, client *kgo.Client) error {
	fetches := client.PollRecords(ctx, 500)
	for _, e := range fetches.Errors() {
		if !errors.Is(e.Err, context.Canceled) {
			return fmt.Errorf("read %s/%d: %w", e.Topic, e.Partition, e.Err)
		}
	}
	records := fetches.Records()
	if len(records) == 0 {
		return nil
	}
	ctx = context.WithoutCancel(ctx) // what was begun is ended
	var lines []string
	err := c.table.update(func(w *writing) error {
		for _, rec := range records {
			line, err := c.take(ctx, w, rec)
			if err != nil {
				return fmt.Errorf("%s/%d@%d: %w", rec.Topic, rec.Partition, rec.Offset, err)
			}
			if line != "" {
				lines = append(lines, line)
			}
		}
		for _, line := range lines {
			fmt.Println(line) // this is where you act
		}
		return nil
	})
	if err != nil {
		return err
	}
	return client.CommitRecords(ctx, records...)
}

// take notes a record, and says what there is to do.
func (c *consumer) take(ctx context.Context, w *writing, rec *kgo.Record) (line string, err error) {
	if rec.Topic == c.events {
		event, err := schemas.DecodeAs[schemas.CandidateEvent](ctx, c.decoder, rec.Value)
		if err != nil {
			return "", err
		}
		return onEvent(w, string(rec.Key), event)
	}
	if rec.Value == nil { // a tombstone: it was deleted a week ago
		return onTombstone(w, string(rec.Key))
	}
	state, err := schemas.DecodeAs[schemas.CandidateState](ctx, c.decoder, rec.Value)
	if err != nil {
		return "", err
	}
	switch {
	case state.Entity != nil:
		return "", w.put(string(rec.Key), row{Version: state.Version, Stage: nameOf(state.Entity.Stage)})
	case state.DeletedAt != nil:
		return "", w.put(string(rec.Key), row{Version: state.Version, Deleted: true})
	}
	return "", nil // it was not seen yet, and a command waits for it
}

func onEvent(w *writing, key string, e *schemas.CandidateEvent) (line string, err error) {
	isNew, err := w.remember(e.EventID)
	if err != nil || !isNew {
		return "", err // handed to us once more: we have acted on it
	}
	line = fmt.Sprintf("%s event=%s key=%s", e.Type, e.EventID, key)
	if t := e.Transition; e.Type == schemas.CandidateEventTypeStageMoved && t != nil {
		line += fmt.Sprintf(" from=%s to=%s", nameOf(t.From), nameOf(t.To))
	}
	if e.After == nil {
		return line, w.put(key, row{Version: e.Version, Deleted: true})
	}
	return line, w.put(key, row{Version: e.Version, Stage: nameOf(e.After.Stage)})
}

func onTombstone(w *writing, key string) (line string, err error) {
	known, err := w.forget(key)
	if err != nil || !known {
		return "", err
	}
	return "FORGOTTEN key=" + key, nil
}

func nameOf(s *schemas.Stage) string {
	if s == nil || s.Name == nil {
		return ""
	}
	return *s.Name
}
