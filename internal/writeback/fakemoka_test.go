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
	mu   sync.Mutex
	apps map[int64]*record
	// headcounts by id; application 0 stands for them all.
	headcounts map[int64]map[string]any
	effects    []effect
	reads      int
	// next decides what goes wrong with a write; nil: nothing.
	next func(app int64) fault
	// away has every call fail as an outage does, wrongKey as a wrong key does.
	away, wrongKey bool
	latency        time.Duration // of writes
	readLatency    time.Duration
	// busy counts the calls under way for each application, and overlap the
	// times there were two.
	busy    map[int64]int
	overlap int
	later   sync.WaitGroup
}

func newFakeMoka(apps ...int64) *fakeMoka {
	f := &fakeMoka{apps: map[int64]*record{0: {}}, busy: map[int64]int{}, headcounts: map[int64]map[string]any{}}
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
			<-time.After(100 * time.Millisecond)
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
		if !p.Accepted {
			a.archivedAt, a.status = a.answeredAt, "rejected"
		}
		f.effects = append(f.effects, effect{app: id, what: a.offer, at: a.answeredAt})
		return nil
	})
}

func (f *fakeMoka) Applications(_ context.Context, _ moka.Class, q moka.ApplicationsQuery) (moka.Page, error) {
	began := time.Now()
	if f.readLatency > 0 {
		<-time.After(f.readLatency)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.reads++
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

func (f *fakeMoka) Headcount(_ context.Context, _ moka.Class, id int64) (moka.Item, time.Time, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	h := f.headcounts[id]
	if h == nil {
		return moka.Item{}, time.Now(), &moka.Error{Kind: moka.KindNotFound}
	}
	body, err := json.Marshal(h)
	return moka.Item{ID: id, Body: body}, time.Now(), err
}

func (f *fakeMoka) MinimalHeadcounts(context.Context, moka.Class) (moka.Page, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	page := moka.Page{Began: time.Now()}
	for id, h := range f.headcounts {
		page.Items = append(page.Items, moka.Item{ID: id, Body: fmt.Appendf(nil, `{"id":%d,"number":%q}`, id, h["number"])})
	}
	return page, nil
}

// onHeadcount carries out a change of headcounts; the faults of writes apply.
func (f *fakeMoka) onHeadcount(ctx context.Context, what string, change func() error) error {
	return f.write(ctx, 0, func(*record) error {
		err := change()
		if err == nil {
			f.effects = append(f.effects, effect{what: what, at: time.Now()})
		}
		return err
	})
}

func (f *fakeMoka) CreateHeadcount(ctx context.Context, p moka.HeadcountParams) (id int64, err error) {
	return 77, f.onHeadcount(ctx, "created", func() error {
		if f.headcounts[77] != nil {
			return &moka.Error{Kind: moka.KindRefused, Message: "number exists"}
		}
		f.headcounts[77] = map[string]any{"id": 77, "number": p.Number, "jobName": p.JobName, "createdAt": iso(time.Now()), "updatedAt": iso(time.Now())}
		return nil
	})
}

func (f *fakeMoka) UpdateHeadcount(ctx context.Context, id int64, fields []byte) error {
	return f.onHeadcount(ctx, "updated", func() error {
		f.headcounts[id]["updatedAt"] = iso(time.Now())
		h := f.headcounts[id]
		return json.Unmarshal(fields, &h)
	})
}

func (f *fakeMoka) DeleteHeadcount(ctx context.Context, id int64) error {
	return f.onHeadcount(ctx, "deleted", func() error { delete(f.headcounts, id); return nil })
}

// note is a write that leaves a word in the log and nothing else.
func (f *fakeMoka) note(ctx context.Context, id int64, what string) error {
	return f.write(ctx, id, func(*record) error {
		f.effects = append(f.effects, effect{app: id, what: what, at: time.Now()})
		return nil
	})
}

// close archives an application.
func (f *fakeMoka) close(ctx context.Context, id int64, status string) error {
	return f.write(ctx, id, func(a *record) error {
		a.archivedAt, a.status = time.Now(), status
		f.effects = append(f.effects, effect{app: id, what: status, at: a.archivedAt})
		return nil
	})
}

func (f *fakeMoka) SetOfferApproval(ctx context.Context, id int64, a moka.Approval) error {
	return f.note(ctx, id, fmt.Sprint("approval ", int(a)))
}

func (f *fakeMoka) MarkRejected(ctx context.Context, id int64, _ moka.RejectedParams) error {
	return f.close(ctx, id, "rejected")
}

func (f *fakeMoka) MarkRegular(ctx context.Context, id int64, p moka.RegularParams) error {
	return f.note(ctx, id, fmt.Sprint("regular ", p.Regular))
}

func (f *fakeMoka) MarkResigned(ctx context.Context, id int64, p moka.ResignedParams) error {
	return f.note(ctx, id, fmt.Sprintf("resigned %s %d %v %s", p.Detail, *p.Reason, p.WriteJob, p.JobName))
}

func (f *fakeMoka) CreateOffer(ctx context.Context, id int64, by moka.Operator) (string, error) {
	return "gesk7uO58DZeThxx", f.note(ctx, id, "create by "+by.Name)
}

func (f *fakeMoka) AcceptOffer(ctx context.Context, offer string, _ moka.Operator) error {
	return f.note(ctx, 1, "accept "+offer)
}

func (f *fakeMoka) DeleteOffer(ctx context.Context, offer string, _ moka.Operator) error {
	return f.note(ctx, 1, "delete "+offer)
}

func (f *fakeMoka) MarkCandidateHired(ctx context.Context, id int64, _ moka.Operator) error {
	return f.close(ctx, id, "hired")
}

func (f *fakeMoka) RejectCandidate(ctx context.Context, id int64, p moka.RejectCandidateParams, _ moka.Operator) error {
	if p.ReasonID != 132 {
		return &moka.Error{Kind: moka.KindInvalid}
	}
	return f.close(ctx, id, "rejected")
}
