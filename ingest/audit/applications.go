package audit

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/mokafka/mokafka/internal/moka"
	"github.com/mokafka/mokafka/publish"
)

const (
	// longestWindow keeps below the three months that Moka allows the windows of
	// its newer endpoints.
	longestWindow = 80 * 24 * time.Hour
	// slack is how far the last window goes beyond our clock: Moka's may be ahead.
	slack = 24 * time.Hour
	// mostPages ends a walk that does not end by itself.
	mostPages = 200_000
)

var errCircle = errors.New("the page chain turns in circles: the same next came twice")

// walkApplications reads everything that was updated since, window by window.
func (a *Auditor) walkApplications(ctx context.Context) error {
	end := a.deps.Now().Add(slack)
	for from := a.cfg.Since; from.Before(end); from = from.Add(longestWindow) {
		until := from.Add(longestWindow)
		doing := "applications updated from " + from.Format(time.DateOnly)
		err := a.walk(ctx, doing, func(next string) (moka.Page, error) {
			return a.deps.API.Applications(ctx, moka.ClassSweep, moka.ApplicationsQuery{UpdatedFrom: from, UpdatedUntil: until, Next: next})
		}, a.takeApplications)
		if err != nil {
			return fmt.Errorf("read %s: %w", doing, err)
		}
	}
	return nil
}

// walk follows a page chain to its end.
func (a *Auditor) walk(ctx context.Context, doing string, fetch func(next string) (moka.Page, error), take func(context.Context, moka.Page) error) error {
	seen, next := map[string]bool{}, ""
	for range mostPages {
		page, err := fetch(next)
		if err != nil {
			return err
		}
		if err := take(ctx, page); err != nil {
			return err
		}
		a.called(doing)
		if page.Next == "" {
			return nil
		}
		if seen[page.Next] {
			return errCircle
		}
		seen[page.Next], next = true, page.Next
	}
	return fmt.Errorf("it does not end after %d pages", mostPages)
}

func (a *Auditor) takeApplications(ctx context.Context, page moka.Page) error {
	for _, item := range page.Items {
		if item.ID <= 0 {
			continue
		}
		if !a.seen[item.ID] {
			a.seen[item.ID] = true
			a.report.Applications++
		}
		if err := a.compare(ctx, subject{id: item.ID}, endpointApplications, item, page.Began); err != nil {
			return err
		}
	}
	return nil
}

// missedApplications asks for those that the states hold and the walk did not
// show, though they were updated in its time.
func (a *Auditor) missedApplications(ctx context.Context) error {
	var ids []int64
	err := a.deps.States.Each(ctx, publish.Candidates, func(state any) error {
		s := summaryOf(state)
		a.report.States++
		old := s.updatedAt != nil && s.updatedAt.Before(a.cfg.Since)
		if s.alive && s.id > 0 && !old && !a.seen[s.id] {
			ids = append(ids, s.id)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("list the candidates' states: %w", err)
	}
	return a.askApplications(ctx, ids)
}

// askApplications asks for applications by their ids, 20 a call.
func (a *Auditor) askApplications(ctx context.Context, ids []int64) error {
	for some := range slices.Chunk(ids, moka.MaxApplications) {
		there := map[int64]bool{}
		err := a.walk(ctx, "applications by id", func(next string) (moka.Page, error) {
			page, err := a.deps.API.Applications(ctx, moka.ClassSweep, moka.ApplicationsQuery{IDs: some, Next: next})
			if len(there)+len(page.Items) >= len(some) {
				page.Next = "" // whatever it says, that was all of them
			}
			return page, err
		}, func(ctx context.Context, page moka.Page) error {
			for _, item := range page.Items {
				there[item.ID] = true
			}
			return a.takeApplications(ctx, page)
		})
		if err != nil {
			return fmt.Errorf("ask for %d applications by id: %w", len(some), err)
		}
		for _, id := range some {
			if there[id] {
				continue
			}
			if err := a.gone(ctx, subject{id: id}); err != nil {
				return err
			}
		}
	}
	return nil
}
