package writeback

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/mokafka/mokafka/internal/moka"
)

// lookup remembers the stages of jobs and the reasons for archiving.
type lookup struct {
	moka Reader
	ttl  time.Duration
	now  func() time.Time

	mu      sync.Mutex
	stages  map[string]stagesOf
	reasons reasonsAt
}

type stagesOf struct {
	list []moka.Stage
	at   time.Time
}

type reasonsAt struct {
	list []moka.Reason
	at   time.Time
}

// soon is how long a list is taken to be current when it lacks what is asked for.
const soon = 5 * time.Second

// mostJobs bounds what is remembered.
const mostJobs = 10_000

func newLookup(m Reader, ttl time.Duration, now func() time.Time) *lookup {
	return &lookup{moka: m, ttl: ttl, now: now, stages: map[string]stagesOf{}}
}

// stage finds a stage of the job by id, or by name where id is 0. why is not empty
// where there is no such stage, or several of that name; an error is that of a
// read.
func (l *lookup) stage(ctx context.Context, jobID string, id int64, name string) (stage moka.Stage, why string, err error) {
	if jobID == "" {
		return moka.Stage{}, "Moka does not say which job the application is for, so the stage can't be checked", nil
	}
	for _, age := range []time.Duration{l.ttl, soon} {
		list, err := l.stagesOf(ctx, jobID, age)
		if err != nil {
			return moka.Stage{}, "", err
		}
		var found []moka.Stage
		for _, s := range list {
			if id != 0 && s.ID == id || id == 0 && strings.TrimSpace(s.Name) == strings.TrimSpace(name) {
				found = append(found, s)
			}
		}
		switch {
		case len(found) == 1:
			return found[0], "", nil
		case len(found) > 1 && id == 0:
			return moka.Stage{}, fmt.Sprintf("the job has %d stages of that name (%s): give stage_id", len(found), name), nil
		case len(found) > 1:
			return found[0], "", nil
		}
	}
	if id != 0 {
		return moka.Stage{}, fmt.Sprintf("stage %d is not one of the job's", id), nil
	}
	return moka.Stage{}, fmt.Sprintf("the job has no stage of that name (%s)", name), nil
}

func (l *lookup) stagesOf(ctx context.Context, jobID string, age time.Duration) ([]moka.Stage, error) {
	l.mu.Lock()
	known, ok := l.stages[jobID]
	l.mu.Unlock()
	if ok && l.now().Sub(known.at) < age {
		return known.list, nil
	}
	began := l.now()
	list, err := l.moka.JobStages(ctx, moka.ClassWriteback, jobID)
	if err != nil {
		return nil, fmt.Errorf("look up the stages of a job: %w", err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.stages) >= mostJobs {
		clear(l.stages)
	}
	l.stages[jobID] = stagesOf{list: list, at: began}
	return list, nil
}

// reason says why an id is no reason for archiving, "" when it is one.
func (l *lookup) reason(ctx context.Context, id int64) (why string, err error) {
	for _, age := range []time.Duration{l.ttl, soon} {
		l.mu.Lock()
		known := l.reasons
		l.mu.Unlock()
		if known.at.IsZero() || l.now().Sub(known.at) >= age {
			known.at = l.now()
			if known.list, err = l.moka.ArchiveReasons(ctx, moka.ClassWriteback); err != nil {
				return "", fmt.Errorf("look up the archive reasons: %w", err)
			}
			l.mu.Lock()
			l.reasons = known
			l.mu.Unlock()
		}
		if slices.ContainsFunc(known.list, func(r moka.Reason) bool { return r.ID == id }) {
			return "", nil
		}
	}
	return fmt.Sprintf("reason %d is not one of the organisation's archive reasons (归档原因)", id), nil
}
