package writeback

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/mokafka/mokafka/internal/moka"
)

// reader reads applications for many commands at once: up to 20 share a call. A
// reading asked for begins after it was asked for. What room is left in a call is
// filled with applications whose commands wait for their turn to write, so that
// what was read of them does not grow old.
type reader struct {
	moka     Reader
	location *time.Location
	now      func() time.Time

	mu     sync.Mutex
	asked  []*reading      // in order
	seats  map[int64]*seat // applications with a command at work
	wake   chan struct{}   // has room for one
	closed error
	// succeeded is when the last call began that Moka answered.
	succeeded time.Time
}

// reading is one application that somebody waits for.
type reading struct {
	id    int64
	alone bool // not to share a call: one that it shared failed
	view  *View
	err   error
	done  chan struct{}
}

// seat keeps the latest view of an application.
type seat struct{ view *View }

// readersAtOnce bounds the calls under way.
const readersAtOnce = 4

func newReader(m Reader, location *time.Location, now func() time.Time) *reader {
	return &reader{moka: m, location: location, now: now, seats: map[int64]*seat{}, wake: make(chan struct{}, 1)}
}

// run reads until ctx ends.
func (r *reader) run(ctx context.Context) {
	var calls sync.WaitGroup
	defer calls.Wait()
	free := make(chan struct{}, readersAtOnce)
	for {
		select {
		case <-ctx.Done():
			r.close(context.Cause(ctx))
			return
		case free <- struct{}{}:
		}
		batch, fill := r.next(ctx)
		if len(batch) == 0 {
			<-free
			continue
		}
		calls.Go(func() {
			defer func() { <-free }()
			r.call(ctx, batch, fill)
			r.rouse()
		})
	}
}

func (r *reader) rouse() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

func (r *reader) close(cause error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = errors.Join(errGivenUp, cause)
	for _, q := range r.asked {
		q.err = r.closed
		close(q.done)
	}
	r.asked = nil
}

// next waits for readings and takes those of one call, with the applications that
// fill it up.
func (r *reader) next(ctx context.Context) (batch []*reading, fill []int64) {
	r.mu.Lock()
	for len(r.asked) == 0 {
		r.mu.Unlock()
		select {
		case <-ctx.Done():
			return nil, nil
		case <-r.wake:
		}
		r.mu.Lock()
	}
	defer r.mu.Unlock()
	if first := r.asked[0]; first.alone {
		r.asked = slices.Delete(r.asked, 0, 1)
		return []*reading{first}, nil
	}
	ids := map[int64]bool{}
	r.asked = slices.DeleteFunc(r.asked, func(q *reading) bool {
		if q.alone || !ids[q.id] && len(ids) == moka.MaxApplications {
			return false
		}
		ids[q.id] = true
		batch = append(batch, q)
		return true
	})
	for id, s := range r.seats {
		if len(ids) == moka.MaxApplications {
			break
		}
		if s.view != nil && !ids[id] {
			ids[id] = true
			fill = append(fill, id)
		}
	}
	return batch, fill
}

// call reads the batch and tells who waits.
func (r *reader) call(ctx context.Context, batch []*reading, fill []int64) {
	ids := slices.Clone(fill)
	for _, q := range batch {
		if !slices.Contains(ids, q.id) {
			ids = append(ids, q.id)
		}
	}
	views, began, err := r.read(ctx, ids)
	answered := r.now()
	r.mu.Lock()
	defer r.mu.Unlock()
	if err == nil && began.After(r.succeeded) {
		r.succeeded = began
	}
	for _, q := range batch {
		switch v := views[q.id]; {
		case err != nil:
			q.err = err
		case v == nil:
			q.view = &View{ReadAt: began, AnsweredAt: answered}
		case v.err != nil:
			q.err = v.err
		default:
			q.view = v.view
		}
		close(q.done)
	}
	for _, id := range ids {
		if s, v := r.seats[id], views[id]; s != nil && v != nil && v.err == nil && (s.view == nil || v.view.ReadAt.After(s.view.ReadAt)) {
			s.view = v.view
		}
	}
}

type parsed struct {
	view *View
	err  error
}

func (r *reader) read(ctx context.Context, ids []int64) (map[int64]*parsed, time.Time, error) {
	page, err := r.moka.Applications(ctx, moka.ClassWriteback, moka.ApplicationsQuery{IDs: ids})
	if err != nil {
		return nil, time.Time{}, err
	}
	clock, answered := clockOf(page, r.location), r.now()
	views := make(map[int64]*parsed, len(page.Items))
	for _, item := range page.Items {
		v, err := parseApplication(item.Body, page.Began, clock)
		if err == nil {
			v.AnsweredAt = answered
		}
		views[item.ID] = &parsed{v, err}
	}
	return views, page.Began, nil
}

// application reads one application, in a call that begins after this one. Found
// is false in a view of one that Moka left out.
func (r *reader) application(ctx context.Context, id int64, alone bool) (*View, error) {
	q := &reading{id: id, alone: alone, done: make(chan struct{})}
	r.mu.Lock()
	if r.closed != nil {
		r.mu.Unlock()
		return nil, r.closed
	}
	r.asked = append(r.asked, q)
	r.mu.Unlock()
	r.rouse()
	select {
	case <-q.done:
		return q.view, q.err
	case <-ctx.Done():
		return nil, errors.Join(errGivenUp, context.Cause(ctx))
	}
}

// sit has an application read along from its first reading on; leave ends it.
func (r *reader) sit(id int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seats[id] = &seat{}
}

func (r *reader) leave(id int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.seats, id)
}

// latest is the newest view of an application that sits, nil where there is none
// after since.
func (r *reader) latest(id int64, since time.Time) *View {
	r.mu.Lock()
	defer r.mu.Unlock()
	if s := r.seats[id]; s != nil && s.view != nil && s.view.ReadAt.After(since) {
		return s.view
	}
	return nil
}

// answeredSince tells whether Moka answered a call that began after since: then a
// reading that fails is its application's own trouble.
func (r *reader) answeredSince(since time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.succeeded.After(since)
}

// answers tells whether Moka answers another question.
func (r *reader) answers(ctx context.Context) bool {
	_, err := r.moka.ArchiveReasons(ctx, moka.ClassWriteback)
	return err == nil
}

// status finds what getApplicationStates says of an application, "" where it says
// nothing.
func (r *reader) status(ctx context.Context, candidateID, applicationID int64) (string, error) {
	states, err := r.moka.ApplicationStates(ctx, moka.ClassWriteback, candidateID)
	if err != nil {
		return "", fmt.Errorf("read the states of a candidate's applications: %w", err)
	}
	for _, s := range states {
		if s.ApplicationID == applicationID {
			return s.Status, nil
		}
	}
	return "", nil
}

// headcount reads one by its id, or where that is 0 by its number.
func (r *reader) headcount(ctx context.Context, id int64, numbered string) (*View, error) {
	v := &View{Found: true}
	if id == 0 {
		page, err := r.moka.MinimalHeadcounts(ctx, moka.ClassWriteback)
		if err != nil {
			return nil, err
		}
		v.ReadAt = page.Began
		for _, item := range page.Items {
			if h, err := parseHeadcount(item, clock{location: r.location}); err == nil {
				if raw, ok := h.Fields["number"]; ok && sameJSON(raw, []byte(*jsonText(numbered))) {
					id = item.ID
				}
			}
		}
		if id == 0 {
			return v, nil
		}
	}
	item, began, err := r.moka.Headcount(ctx, moka.ClassWriteback, id)
	v.ReadAt = began
	if moka.KindOf(err) == moka.KindNotFound {
		return v, nil
	}
	if err != nil {
		return nil, err
	}
	if v.Headcount, err = parseHeadcount(item, clock{location: r.location}); err == nil {
		v.Headcount.ID = id
	}
	return v, err
}
