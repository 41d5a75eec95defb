package mokasim

import (
	"context"
	"time"

	"github.com/mokafka/mokafka/internal/mokasim/company"
	"github.com/mokafka/mokafka/internal/mokasim/payload"
	"github.com/mokafka/mokafka/internal/mokasim/push"
)

// Where a push came from.
const (
	originLife    = "life"
	originTrigger = "trigger"
	originBurst   = "burst"
	originAPI     = "api"
	originHuman   = "human" // POST /__sim/act
)

// maxBulk is how many applications change at the same instant at most: more
// than two pages of the feed.
const maxBulk = 45

// delivery is a change and the webhook it makes.
type delivery struct {
	entry   Entry
	webhook payload.Webhook
}

// observe writes a change into the log and, where Moka tells the world of it,
// its webhook into pending. It runs within an act, under s.mu.
func (s *Simulator) observe(change company.Change) {
	entry := entryOf(change)
	entry.Origin, entry.RealAt = s.origin, s.acted.UTC()
	if event := payload.Event(change.Kind); event != "" && s.sender != nil {
		webhook, err := payload.Of(change, s.newID())
		if err != nil {
			s.broken = err
		} else {
			entry.Event, entry.WebhookID, entry.TriggeredAt = event, webhook.ID, webhook.TriggeredAt
			s.pending = append(s.pending, delivery{entry: entry, webhook: webhook})
		}
	}
	s.changes.add(entry)
}

// act does something to the company now and returns the webhooks that came of it.
func (s *Simulator) act(origin string, do func(c *company.Company, now time.Time) error) ([]delivery, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.actAt(s.clock.Now(), origin, do)
}

// actAt is act at a time by our clock. It needs s.mu.
func (s *Simulator) actAt(at time.Time, origin string, do func(c *company.Company, now time.Time) error) ([]delivery, error) {
	s.pending, s.broken, s.origin, s.acted = nil, nil, origin, at
	if err := do(s.company, s.mokas(at)); err != nil {
		return nil, err
	}
	return s.pending, s.broken
}

// mokas is what Moka's clock says, and Moka writes, when ours says t.
func (s *Simulator) mokas(t time.Time) time.Time {
	return t.Add(s.cfg.ClockSkew).Truncate(s.cfg.TimePrecision)
}

// step is one beat of life: one change, or now and then many at once.
func (s *Simulator) step(c *company.Company, now time.Time) {
	if s.cfg.BurstShare > 0 && s.bursts.Float64() < s.cfg.BurstShare {
		c.Bulk(2+s.bursts.IntN(maxBulk-1), now)
		return
	}
	c.Step(now)
}

// live changes the company at its pace until ctx ends.
func (s *Simulator) live(ctx context.Context) {
	for {
		var due <-chan time.Time
		rest := s.tempo.next()
		if rest.ends {
			due = s.clock.After(rest.length)
		}
		select {
		case <-ctx.Done():
			return
		case <-s.tempo.changed:
			continue
		case <-due:
		}
		deliveries, err := s.act(originLife, func(c *company.Company, now time.Time) error {
			if s.tempo.holds(rest) {
				s.step(c, now)
			}
			return nil
		})
		if err != nil {
			s.log.Error().Err(err).Msg("simulator could not write a webhook")
		}
		for _, one := range deliveries {
			select {
			case s.queue <- one:
			case <-ctx.Done():
				s.abandon(one)
			}
		}
	}
}

// deliverQueue sends what life and the API make, one at a time, until done is
// closed; what waits then is abandoned.
func (s *Simulator) deliverQueue(ctx context.Context, done <-chan struct{}) {
	for {
		select {
		case one := <-s.queue:
			if ctx.Err() != nil {
				s.abandon(one)
			} else if _, err := s.send(ctx, one, originLife, s.cfg.manner(), s.cfg.Retries); err != nil {
				s.log.Error().Err(err).Str("webhook_id", one.webhook.ID).Msg("simulator could not seal a webhook")
			}
			continue
		case <-done:
		}
		for {
			select {
			case one := <-s.queue:
				s.abandon(one)
			default:
				return
			}
		}
	}
}

// send seals, delivers and records one webhook.
func (s *Simulator) send(ctx context.Context, one delivery, origin string, manner push.Manner, retries int) (push.Record, error) {
	message, err := s.cfg.keys().Seal(one.webhook, manner)
	if err != nil {
		return push.Record{}, err
	}
	return s.transmit(ctx, message, origin, retries, false), nil
}

func (s *Simulator) transmit(ctx context.Context, message push.Message, origin string, retries int, duplicate bool) push.Record {
	record := s.sender.Send(ctx, message, retries)
	record.Origin, record.Duplicate = origin, duplicate
	if record.Outcome != push.Delivered {
		s.log.Warn().Str("event", record.Event).Str("webhook_id", record.WebhookID).Str("origin", origin).
			Str("outcome", record.Outcome).Int("status", record.Status).Int("attempts", len(record.Attempts)).
			Msg("simulator's push was not accepted")
	}
	return s.history.Add(record)
}

// abandon records a webhook that never left.
func (s *Simulator) abandon(one delivery) {
	s.history.Add(push.Record{
		Origin: originLife, Event: one.webhook.Event, WebhookID: one.webhook.ID, TriggeredAt: one.webhook.TriggeredAt,
		ApplicationIDs: one.webhook.ApplicationIDs, Key: push.KeyCurrent, Attempts: []push.Attempt{}, Outcome: push.Abandoned,
	})
}
