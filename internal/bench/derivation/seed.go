package derivation

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/mokafka/mokafka/internal/bench/installation"
	"github.com/mokafka/mokafka/internal/bench/sample"
	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
)

// seed makes journal entries: the first ones name each application once, the
// next ones again, and so on.
type seed struct {
	kind         Kind
	applications int
	begin        time.Time
	pushes       *sample.Pushes
	interviews   *sample.Interviews
}

func newSeed(kind Kind, applications int, begin time.Time) (*seed, error) {
	pushes, err := sample.NewPushes()
	if err != nil {
		return nil, err
	}
	interviews, err := sample.NewInterviews()
	if err != nil {
		return nil, err
	}
	return &seed{kind: kind, applications: applications, begin: begin, pushes: pushes, interviews: interviews}, nil
}

// entry is the n-th journal entry, as the webhook door writes them.
func (s *seed) entry(n int) *schemas.JournalEntry {
	turn := n / s.applications
	w := sample.Webhook{Application: int64(sample.FirstApplication + n%s.applications), Phone: 18_600_000_000}
	event := "pushCandidate"
	switch s.kind {
	case Changing:
		w.Serial, w.Phone = int64(n), w.Phone+int64(turn)
	case SameAgain:
		w.Serial, event = int64(n), "updateInterviewsInfo"
	case DeliveredAgain:
		turn = 0
		w.Serial = int64(n % s.applications)
	}
	triggered := s.begin.Add(time.Duration(turn) * time.Second).Truncate(time.Second).UTC()
	w.TriggeredAt = triggered.Unix()
	body := s.pushes.Body
	if event != "pushCandidate" {
		body = s.interviews.Body
	}
	id := w.ID()
	return &schemas.JournalEntry{
		EntryID: "wh:" + id + ":" + publish.Root(installation.Org, w.Application), OrgID: installation.Org,
		Channel: schemas.ChannelWebhook, Endpoint: "webhook/rest", Event: &event, WebhookID: &id,
		ApplicationID: &w.Application, TriggeredAt: &triggered, ReceivedAt: triggered.Add(time.Second),
		ContentType: "application/json", Body: body(w),
	}
}

// write writes count entries, from the first-th on, and waits for them.
func (s *seed) write(ctx context.Context, i *installation.Installation, first, count int) error {
	client, err := i.Client("seed", prometheus.NewRegistry(), publish.ProducerOptions(i.Topics)...)
	if err != nil {
		return err
	}
	defer client.Close()
	var failed atomic.Pointer[error]
	for n := first; n < first+count; n++ {
		rec, err := i.Records.JournalEntry(s.entry(n))
		if err != nil {
			return fmt.Errorf("fill the journal: %w", err)
		}
		client.Produce(ctx, rec, func(_ *kgo.Record, err error) {
			if err != nil {
				failed.CompareAndSwap(nil, &err)
			}
		})
	}
	err = client.Flush(ctx)
	if first := failed.Load(); err == nil && first != nil {
		err = *first
	}
	if err != nil {
		return fmt.Errorf("fill the journal: %w", err)
	}
	return nil
}
