package mokasim

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/mokafka/mokafka/internal/mokasim/company"
)

// Open is for tests that want the company without a server and without
// goroutines, instead of Run: it founds the company at the clock's present time
// and starts nothing. Handler then serves, and LiveUntil lets the company live.
// Close ends it.
func (s *Simulator) Open() error {
	if s.started.Swap(true) {
		return errors.New("the simulator runs or opens only once")
	}
	if err := s.cfg.Validate(); err != nil {
		return fmt.Errorf("simulator configuration: %w", err)
	}
	return s.found()
}

// Close frees what Open made.
func (s *Simulator) Close() {
	if s.sender != nil {
		s.sender.Close()
	}
}

// Handler is everything that the management port serves: /__sim and Moka's
// API. Usable after Open, and while Run is Ready.
func (s *Simulator) Handler() http.Handler { return s.routes() }

// LiveUntil lets the company live, at its pace, from where it was left up to an
// instant by our clock, in this goroutine: what happens is told at its own
// virtual times, and its webhooks are pushed one by one, in order, before the
// next change. A company that stands still (SIM_PACE=0) lives at the default
// pace. It returns how many changes there were; the error is ctx's, or that of
// a webhook that could not be written. A clock that tests hand in should be
// moved by the same steps: what is read is read at its time.
func (s *Simulator) LiveUntil(ctx context.Context, until time.Time) (uint64, error) {
	before := s.changes.count()
	for ctx.Err() == nil {
		deliveries, more, err := s.beat(until)
		if err != nil {
			return s.changes.count() - before, err
		}
		for _, one := range deliveries {
			if _, err := s.send(ctx, one, originLife, s.cfg.manner(), s.cfg.Retries); err != nil {
				return s.changes.count() - before, fmt.Errorf("push webhook %s: %w", one.webhook.ID, err)
			}
		}
		if !more {
			return s.changes.count() - before, nil
		}
	}
	return s.changes.count() - before, ctx.Err()
}

// beat is the next change before an instant, if there is one left.
func (s *Simulator) beat(until time.Time) ([]delivery, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ahead == 0 {
		s.ahead = s.tempo.untold()
	}
	next := s.lived.Add(s.ahead)
	if next.After(until) {
		return nil, false, nil
	}
	s.lived, s.ahead = next, 0
	deliveries, err := s.actAt(next, originLife, func(c *company.Company, now time.Time) error {
		s.step(c, now)
		return nil
	})
	return deliveries, true, err
}

// Act does something to the company, or reads it, while nothing else does, at
// what Moka's clock says. Its changes are in the log as the API's; no webhook of
// theirs is pushed.
func (s *Simulator) Act(do func(c *company.Company, now time.Time) error) error {
	_, err := s.act(originAPI, do)
	return err
}

// Entries are up to limit changes after a number (0: from the first), oldest
// first, and how many there were in all; forgotten says how many of those
// wanted are no longer remembered.
func (s *Simulator) Entries(after uint64, limit int) (entries []Entry, total, forgotten uint64) {
	return s.changes.page(after, limit)
}

// Truths are up to limit applications behind an id (0: from the first), by id,
// as they are.
func (s *Simulator) Truths(after int64, limit int) []company.Truth {
	s.mu.Lock()
	defer s.mu.Unlock()
	truths := []company.Truth{}
	if limit <= 0 {
		return truths
	}
	for truth := range s.company.Truths(after) {
		if truths = append(truths, truth); len(truths) == limit {
			break
		}
	}
	return truths
}

// Truth of one application; false if there is none, or none any more.
func (s *Simulator) Truth(applicationID int64) (company.Truth, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	app := s.company.Application(applicationID)
	if app == nil {
		return company.Truth{}, false
	}
	return app.Truth(), true
}

// HeadcountTruths are all headcounts, by id, as they are.
func (s *Simulator) HeadcountTruths() []company.HeadcountTruth {
	s.mu.Lock()
	defer s.mu.Unlock()
	truths := []company.HeadcountTruth{}
	for _, h := range s.company.Headcounts() {
		truths = append(truths, h.Truth())
	}
	return truths
}
