package derive

import (
	"context"
	"errors"
	"fmt"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/mokafka/mokafka/schemas"
)

// hints are the applications that poll is to fetch, in the order in which they
// were named, by organisation.
type hints struct {
	order []hint
	named map[hint]bool
}

type hint struct {
	org         string
	application int64
}

// hintWebhook asks for the application of a webhook: it says that something
// happened, and not all of it. One that was delivered before was asked for then.
func (d *deriver) hintWebhook(entry *schemas.JournalEntry, results []result) {
	news := len(results) == 0
	for _, r := range results {
		news = news || r.verdict != Duplicate
	}
	if entry.Channel == schemas.ChannelWebhook && news {
		d.hint(entry)
	}
}

// hint asks for the application of an entry. Ids that are not Moka's own are
// negative, and Moka cannot be asked for them.
func (d *deriver) hint(entry *schemas.JournalEntry) {
	if !d.deps.Hints || entry.ApplicationID == nil || *entry.ApplicationID <= 0 {
		return
	}
	h := hint{entry.OrgID, *entry.ApplicationID}
	if d.hints.named[h] {
		return
	}
	if d.hints.named == nil {
		d.hints.named = map[hint]bool{}
	}
	d.hints.named[h] = true
	d.hints.order = append(d.hints.order, h)
}

// writeHints adds the records that ask. They are no part of the local copy.
func (d *deriver) writeHints() error {
	for _, h := range d.hints.order {
		rec, err := d.deps.Records.Refetch(d.checkpointPartitions, h.org, h.application, d.deps.Now())
		if err != nil {
			return fmt.Errorf("ask for application %d: %w", h.application, err)
		}
		d.records = append(d.records, rec)
	}
	return nil
}

// countCheckpoints learns how many partitions the checkpoints have: an
// organisation's are in one of them.
func (l *Loop) countCheckpoints(ctx context.Context, client *kgo.Client) error {
	if !l.deps.Hints {
		return nil
	}
	topic := l.topics.Checkpoints()
	topics, err := kadm.NewClient(client).ListTopics(ctx, topic)
	if err == nil {
		err = topics.Error()
	}
	if err == nil && len(topics[topic].Partitions) == 0 {
		err = errors.New("it has no partitions")
	}
	if err != nil {
		return fmt.Errorf("look up %s: %w", topic, err)
	}
	l.checkpointPartitions = len(topics[topic].Partitions)
	return nil
}
