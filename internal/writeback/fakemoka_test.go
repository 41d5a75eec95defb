package writeback_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/mokafka/mokafka/internal/moka"
)

// fault is what goes wrong with a write.
type fault int

const (
	fine        fault = iota
	lostAnswer        // it happens, and the answer is lost
	lostRequest       // it does not happen, and nobody can tell
	late              // it happens some time after the call was given up
	unavailable       // it does not happen, and Moka says so
	refusedKey
	overQuota
)

// effect is something that happened to an application.
type effect struct {
	app   int64
	stage int64  // moved to, 0 for anything else
	what  string // hired, accepted …
	human bool
	at    time.Time
}

type stageMove struct {
	at       time.Time
	from, to int64
}

type record struct {
	stage      int64
	moves      []stageMove
	movedAt    time.Time
	updatedAt  time.Time
	archivedAt time.Time
	status     string // in_progress, rejected, hired
	offer      string
	answeredAt time.Time
}

// fakeMoka is as much of Moka as the tests need.
type fakeMoka struct {
	mu      sync.Mutex
	apps    map[int64]*record
	effects []effect
	reads   int
	// next decides what goes wrong with a write; nil: nothing.
	next func(app int64) fault
	// away has every call fail as an outage does, wrongKey as a wrong key does.
	away, wrongKey bool
	latency        time.Duration
	// busy counts the calls under way for each application, and overlap the
	// times there were two.
	busy    map[int64]int
	overlap int
	later   sync.WaitGroup
}

func newFakeMoka(apps ...int64) *fakeMoka {
	f := &fakeMoka{apps: map[int64]*record{}, busy: map[int64]int{}}
	for _, id := range apps {
		f.apps[id] = &record{stage: 1, status: "in_progress", offer: "sent", updatedAt: time.Now().Add(-time.Hour), movedAt: time.Now().Add(-time.Hour)}
	}
	return f
}

var errLost = &moka.Error{Kind: moka.KindAmbiguous, Err: errors.New("connection closed")}

// write carries out a change, with whatever goes wrong.
func (f *fakeMoka) write(ctx context.Context, id int64, change func(*record) error) error {
	f.mu.Lock()
	what := fine
	if f.next != nil {
		what = f.next(id)
	}
	switch {
	case f.wrongKey || what == refusedKey:
		f.mu.Unlock()
		return &moka.Error{Kind: moka.KindAuth, Status: 500, Message: "系统中不存在该apiKey"}
	case f.away || what == unavailable:
		f.mu.Unlock()
		return &moka.Error{Kind: moka.KindTransient, Status: 503}
	case what == overQuota:
		f.mu.Unlock()
		return &moka.Error{Kind: moka.KindQuota, Status: 429}
	}
	if f.busy[id]++; f.busy[id] > 1 {
		f.overlap++
	}
	f.mu.Unlock()
	defer func() { f.mu.Lock(); f.busy[id]--; f.mu.Unlock() }()
	if f.latency > 0 {
		select {
		case <-time.After(f.latency):
		case <-ctx.Done():
			return errLost
		}
	}
	carry := func() error {
		f.mu.Lock()
		defer f.mu.Unlock()
		app := f.apps[id]
		if app == nil {
			return &moka.Error{Kind: moka.KindNotFound, Code: "40040101"}
		}
		err := change(app)
		if err == nil {
			app.updatedAt = time.Now()
		}
		return err
	}
	switch what {
	case lostRequest:
		return errLost
	case lostAnswer:
		_ = carry()
		return errLost
	case late:
		f.later.Go(func() {
			<-ctx.Done()
			_ = carry()
		})
		<-ctx.Done()
		return errLost
	default:
		return carry()
	}
}

func (f *fakeMoka) move(id, to int64, human bool) func(*record) error {
	return func(a *record) error {
		if !a.archivedAt.IsZero() {
			return &moka.Error{Kind: moka.KindRefused, Message: "该申请已归档"}
		}
		now := time.Now()
		a.moves = append(a.moves, stageMove{now, a.stage, to})
		a.stage, a.movedAt = to, now
		f.effects = append(f.effects, effect{app: id, stage: to, human: human, at: now})
		return nil
	}
}

// human has somebody move an application.
func (f *fakeMoka) human(id, to int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	_ = f.move(id, to, true)(f.apps[id])
	f.apps[id].updatedAt = time.Now()
}

func (f *fakeMoka) log() []effect {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]effect(nil), f.effects...)
}

// moves are the stages that commands moved an application to, in order.
func (f *fakeMoka) moved(id int64) []int64 {
	var out []int64
	for _, e := range f.log() {
		if e.app == id && !e.human && e.stage != 0 {
			out = append(out, e.stage)
		}
	}
	return out
}

func (f *fakeMoka) set(change func(*fakeMoka)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change(f)
}

func (f *fakeMoka) MoveStage(ctx context.Context, id, stage int64) error {
	return f.write(ctx, id, f.move(id, stage, false))
}

func (f *fakeMoka) MarkHired(ctx context.Context, id int64, _ moka.HiredParams) error {
	return f.write(ctx, id, func(a *record) error {
		if !a.archivedAt.IsZero() {
			return &moka.Error{Kind: moka.KindRefused, Code: "300502", Message: "该申请已归档"}
		}
		a.archivedAt, a.status = time.Now(), "hired"
		f.effects = append(f.effects, effect{app: id, what: "hired", at: a.archivedAt})
		return nil
	})
}

func (f *fakeMoka) SetOfferStatus(ctx context.Context, id int64, p moka.OfferStatusParams) error {
	return f.write(ctx, id, func(a *record) error {
		if a.offer != "sent" {
			return &moka.Error{Kind: moka.KindRefused, Code: "300608", Message: "Offer has been accepted"}
		}
		a.offer, a.answeredAt = map[bool]string{true: "accepted", false: "rejected"}[p.Accepted], time.Now()
		f.effects = append(f.effects, effect{app: id, what: a.offer, at: a.answeredAt})
		return nil
	})
}

func iso(at time.Time) any {
	if at.IsZero() {
		return nil
	}
	return at.UTC().Format("2006-01-02T15:04:05.000Z")
}

func (f *fakeMoka) Applications(_ context.Context, _ moka.Class, q moka.ApplicationsQuery) (moka.Page, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.reads++
	began := time.Now()
	if f.wrongKey {
		return moka.Page{}, &moka.Error{Kind: moka.KindAuth, Status: 500, Message: "系统中不存在该apiKey"}
	}
	if f.away {
		return moka.Page{}, &moka.Error{Kind: moka.KindTransient, Status: 503}
	}
	page := moka.Page{Began: began, Date: began.Truncate(time.Second)}
	for _, id := range q.IDs {
		a := f.apps[id]
		if a == nil {
			continue
		}
		var moves []any
		for _, m := range a.moves {
			moves = append(moves, map[string]any{"type": "MOVE_STAGE", "createAt": iso(m.at), "fromStageId": m.from, "toStageId": fmt.Sprint(m.to)})
		}
		body, err := json.Marshal(map[string]any{
			"basicInfo": map[string]any{
				"applicationId": id, "CandidateId": id + 1000, "archived": !a.archivedAt.IsZero(), "archivedAt": iso(a.archivedAt),
				"movedAt": iso(a.movedAt), "updatedAt": iso(a.updatedAt),
				"stage": map[string]any{"id": a.stage, "name": fmt.Sprint("stage ", a.stage), "type": 201},
			},
			"offerInfo":  map[string]any{"status": a.offer, "approvalStatus": "APPROVED", "finishedAt": iso(a.answeredAt)},
			"jobInfo":    map[string]any{"id": "job"},
			"activities": moves,
		})
		if err != nil {
			return moka.Page{}, err
		}
		page.Items = append(page.Items, moka.Item{ID: id, Body: body})
	}
	return page, nil
}

func (f *fakeMoka) ApplicationStates(_ context.Context, _ moka.Class, candidate int64) ([]moka.ApplicationState, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	id := candidate - 1000
	if a := f.apps[id]; a != nil {
		return []moka.ApplicationState{{ApplicationID: id, Status: a.status}}, nil
	}
	return nil, nil
}

func (f *fakeMoka) JobStages(context.Context, moka.Class, string) ([]moka.Stage, error) {
	var stages []moka.Stage
	for id := int64(1); id <= 99; id++ {
		stages = append(stages, moka.Stage{ID: id, Name: fmt.Sprint("stage ", id)})
	}
	return append(stages, moka.Stage{ID: 100, Name: "twice"}, moka.Stage{ID: 101, Name: "twice"}), nil
}

func (f *fakeMoka) ArchiveReasons(context.Context, moka.Class) ([]moka.Reason, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.away {
		return nil, &moka.Error{Kind: moka.KindTransient, Status: 503}
	}
	return []moka.Reason{{ID: 132, Name: "福利待遇不满足"}}, nil
}

var errUnused = errors.New("not used by these tests")

func (f *fakeMoka) Headcount(context.Context, moka.Class, int64) (moka.Item, time.Time, error) {
	return moka.Item{}, time.Time{}, errUnused
}
func (f *fakeMoka) MinimalHeadcounts(context.Context, moka.Class) (moka.Page, error) {
	return moka.Page{}, errUnused
}
func (f *fakeMoka) SetOfferApproval(context.Context, int64, moka.Approval) error { return errUnused }
func (f *fakeMoka) MarkRejected(context.Context, int64, moka.RejectedParams) error {
	return errUnused
}
func (f *fakeMoka) MarkRegular(ctx context.Context, id int64, _ moka.RegularParams) error {
	return f.write(ctx, id, func(*record) error {
		f.effects = append(f.effects, effect{app: id, what: "regular", at: time.Now()})
		return nil
	})
}
func (f *fakeMoka) MarkResigned(context.Context, int64, moka.ResignedParams) error { return errUnused }
func (f *fakeMoka) CreateOffer(context.Context, int64, moka.Operator) (string, error) {
	return "fake", nil
}
func (f *fakeMoka) AcceptOffer(context.Context, string, moka.Operator) error { return errUnused }
func (f *fakeMoka) DeleteOffer(context.Context, string, moka.Operator) error { return errUnused }
func (f *fakeMoka) MarkCandidateHired(context.Context, int64, moka.Operator) error {
	return errUnused
}
func (f *fakeMoka) RejectCandidate(context.Context, int64, moka.RejectCandidateParams, moka.Operator) error {
	return errUnused
}
func (f *fakeMoka) CreateHeadcount(context.Context, moka.HeadcountParams) (int64, error) {
	return 77, nil
}
func (f *fakeMoka) UpdateHeadcount(context.Context, int64, []byte) error { return errUnused }
func (f *fakeMoka) DeleteHeadcount(context.Context, int64) error         { return errUnused }
