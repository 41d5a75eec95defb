package audit

import (
	"context"
	"fmt"
	"slices"

	"github.com/mokafka/mokafka/internal/moka"
	"github.com/mokafka/mokafka/publish"
)

// walkHeadcounts reads what was updated since, and each of those whole: the feed
// carries few fields.
func (a *Auditor) walkHeadcounts(ctx context.Context) error {
	var ids []int64
	listed := map[int64]bool{}
	err := a.walk(ctx, "the feed of headcounts", func(next string) (moka.Page, error) {
		return a.deps.API.Headcounts(ctx, moka.ClassSweep, moka.FeedQuery{From: a.cfg.Since, Next: next, Limit: moka.MaxFeed})
	}, func(ctx context.Context, page moka.Page) error {
		for _, item := range page.Items {
			// It goes by the day: up to a day more may come.
			if item.ID <= 0 || !item.UpdatedAt.IsZero() && item.UpdatedAt.Before(a.cfg.Since) {
				continue
			}
			if !listed[item.ID] {
				listed[item.ID] = true
				ids = append(ids, item.ID)
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("read the feed of headcounts: %w", err)
	}
	return a.askHeadcounts(ctx, ids)
}

// askHeadcounts reads headcounts by their ids, one a call.
func (a *Auditor) askHeadcounts(ctx context.Context, ids []int64) error {
	for _, id := range ids {
		of := subject{headcount: true, id: id}
		item, began, err := a.deps.API.Headcount(ctx, moka.ClassSweep, id)
		switch {
		case moka.KindOf(err) == moka.KindNotFound:
			err = a.gone(ctx, of)
		case err != nil:
			return fmt.Errorf("ask for headcount %d: %w", id, err)
		default:
			a.report.Headcounts++
			a.listed[id] = true
			err = a.compare(ctx, of, endpointHeadcount, item, began)
		}
		if err != nil {
			return err
		}
		a.called("headcounts by id")
	}
	return nil
}

// compareLists compares the ids of all headcounts.
func (a *Auditor) compareLists(ctx context.Context) error {
	page, err := a.deps.API.MinimalHeadcounts(ctx, moka.ClassSweep)
	if err != nil {
		return fmt.Errorf("list all headcounts: %w", err)
	}
	a.called("the list of headcounts")
	there := map[int64]bool{}
	for _, item := range page.Items {
		there[item.ID] = item.ID > 0
	}
	known := map[int64]bool{}
	var doubtful []int64
	err = a.deps.States.Each(ctx, publish.Headcounts, func(state any) error {
		s := summaryOf(state)
		a.report.States++
		if s.alive {
			known[s.id] = true
			if !there[s.id] && !a.listed[s.id] {
				doubtful = append(doubtful, s.id)
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("list the headcounts' states: %w", err)
	}
	for id, ok := range there {
		if ok && !known[id] && !a.listed[id] {
			doubtful = append(doubtful, id)
		}
	}
	slices.Sort(doubtful)
	return a.askHeadcounts(ctx, doubtful)
}
