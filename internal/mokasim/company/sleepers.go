package company

import (
	"iter"
	"math/bits"
	"math/rand/v2"
	"sort"
	"time"
)

// Sleepers are the applications of the years before the company's story begins
// (Settings.Applications of them). They cost one bit each: what they are follows
// from the seed and their number, and is made up whenever somebody asks. Once
// one changes it wakes: it is then kept as any other application is.
//
// Their updatedAt ascend with their number, up to 32 of them at the same
// instant; so does movedAt, a day earlier, and the time of their one interview.
const (
	sleepersYears  = 2
	movedBefore    = 24 * time.Hour // how long before its last change a sleeper was moved
	metBefore      = 72 * time.Hour // and met
	sleepersOffset = 150_000_000    // from application ids to candidate ids
)

type sleepers struct {
	count int
	first int64 // id of number 0
	from  time.Time
	step  time.Duration
	awake []uint64 // bits
}

func newSleepers(count int, base int64, founded time.Time) sleepers {
	s := sleepers{count: count, first: base - int64(count), awake: make([]uint64, (count+63)/64)}
	if count > 0 {
		s.from = founded.AddDate(-sleepersYears, -2, 0).Truncate(time.Second)
		s.step = max((sleepersYears*365*24*time.Hour)/time.Duration(count), time.Microsecond)
	}
	return s
}

// number of a sleeper by application id; false for those who are none.
func (s *sleepers) number(id int64) (int, bool) {
	n := id - s.first
	if n < 0 || n >= int64(s.count) {
		return 0, false
	}
	return int(n), s.awake[n/64]&(1<<(n%64)) == 0
}

func (s *sleepers) wake(n int) { s.awake[n/64] |= 1 << (n % 64) }

// still counts those asleep.
func (s *sleepers) still() int {
	count := s.count
	for _, word := range s.awake {
		count -= bits.OnesCount64(word)
	}
	return count
}

// at is when sleeper n last changed: whole seconds, never descending.
func (s *sleepers) at(n int) time.Time {
	block := n - n%32
	together := 1 + int(mix(uint64(block))%32)
	return s.from.Add(time.Duration(block+(n%32)/together*together) * s.step).Truncate(time.Second)
}

// mix scatters the bits of a number (the finalizer of SplitMix64).
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// sleepers are those that sleep behind a place, in the order of their times less
// a shift.
func (c *Company) sleepers(from place, shift time.Duration) iter.Seq[*Application] {
	return func(yield func(*Application) bool) {
		for n := c.asleep.search(from, shift, 1); n < c.asleep.count; n++ {
			if _, asleep := c.asleep.number(c.asleep.first + int64(n)); asleep && !yield(c.dream(n)) {
				return
			}
		}
	}
}

// sleepersBack are those before a place, from the last to the first.
func (c *Company) sleepersBack(from place, shift time.Duration) iter.Seq[*Application] {
	return func(yield func(*Application) bool) {
		for n := c.asleep.search(from, shift, 0) - 1; n >= 0; n-- {
			if _, asleep := c.asleep.number(c.asleep.first + int64(n)); asleep && !yield(c.dream(n)) {
				return
			}
		}
	}
}

// search finds the first sleeper at (least 0) or behind (least 1) a place.
func (s *sleepers) search(from place, shift time.Duration, least int) int {
	return sort.Search(s.count, func(n int) bool {
		return placeOf(s.at(n).Add(-shift), s.first+int64(n)).compare(from) >= least
	})
}

// SleepersMet are the sleepers whose interview began in [from, until), in the
// order of its start.
func (c *Company) SleepersMet(from, until time.Time) iter.Seq[*Application] {
	return func(yield func(*Application) bool) {
		for app := range c.sleepers(placeOf(from.Add(-time.Hour), 0), metBefore) {
			if len(app.Meetings) == 0 {
				if !app.UpdatedAt.Add(-metBefore).Before(until.Add(time.Hour)) {
					return
				}
				continue
			}
			start := app.Meetings[0].Interviews[0].Start
			if !start.Before(until) {
				return
			}
			if !start.Before(from) && !yield(app) {
				return
			}
		}
	}
}

// fate of a sleeper: how far it came and how it ended.
type fate struct {
	stage           int
	archived, hired bool
	met             bool
}

func (c *Company) fate(n int) fate {
	dice := mix(c.settings.Seed ^ uint64(n)*0x9e37)
	stage := int(dice >> 8 % 5)
	switch share := dice % 100; {
	case share < 3: // still in progress, forgotten
		return fate{stage: stage % stageOffer}
	case share < 13:
		return fate{stage: stageOnboarding, hired: true, met: true}
	default:
		return fate{stage: stage, archived: true, met: stage > stageReview}
	}
}

// dream makes sleeper n up: always the same, and not kept.
func (c *Company) dream(n int) *Application {
	awake, count := c.rng, c.candidates
	defer func() { c.rng, c.candidates = awake, count }()
	id := c.asleep.first + int64(n)
	c.rng, c.candidates = rand.New(rand.NewPCG(c.settings.Seed, uint64(id))), int64(n)

	fate, at := c.fate(n), c.asleep.at(n)
	moved := at.Add(-movedBefore)
	created := moved.AddDate(0, 0, -7*fate.stage)
	who := c.newCandidate(created)
	who.ID = id - sleepersOffset
	app := &Application{
		ID: id, Candidate: who, Job: c.jobs[n%len(c.jobs)], Stage: c.stages[fate.stage],
		CreatedAt: created, MovedAt: moved, UpdatedAt: at, Owner: c.employee(), Source: c.word(sources), Label: c.word(labels),
	}
	if fate.stage == 0 {
		app.CreatedAt = moved
	}
	var from *Stage
	for n, stage := range c.stages[:fate.stage+1] {
		app.Moves = append(app.Moves, Move{At: moved.AddDate(0, 0, -7*(fate.stage-n)), By: app.Owner, From: from, To: stage})
		from = stage
	}
	if fate.met {
		c.dreamMeeting(app, at)
	}
	if fate.stage >= stageOffer {
		c.dreamOffer(app, fate, moved)
	}
	switch {
	case fate.archived:
		app.Archive = &Archive{At: at, Reason: c.reason()}
	case fate.hired:
		app.HiredAt, app.Work.Probation = at, 3
	}
	return app
}

func (c *Company) dreamMeeting(app *Application, at time.Time) {
	start := at.Add(-metBefore).Truncate(time.Hour)
	interview := &Interview{
		ID: app.ID, Applications: []*Application{app}, Room: c.rooms[c.rng.IntN(len(c.rooms))],
		Start: start, End: start.Add(time.Hour), Interviewers: []*Employee{c.employee()},
	}
	interview.Verdicts = []Verdict{{
		Application: app, By: interview.Interviewers[0], At: start.Add(2 * time.Hour), Good: app.Stage.ID > c.stages[stageInterview].ID,
		Score: 6, Text: "沟通顺畅,水平尚可",
	}}
	app.Meetings = []*Meeting{{
		Type: OnSite, Status: MeetingFinished, CreatedAt: start.Add(-24 * time.Hour), Creator: app.Owner,
		Round: 1, RoundName: "初试", Interviews: []*Interview{interview},
	}}
}

func (c *Company) dreamOffer(app *Application, fate fate, moved time.Time) {
	status := OfferRejected
	if fate.hired || fate.stage == stageOnboarding {
		status = OfferAccepted
	}
	app.Offer = &Offer{
		Status: status, Approval: ApprovalApproved, Salary: 8_000 + 500*c.rng.IntN(60), CheckIn: moved.AddDate(0, 0, 14).Truncate(24 * time.Hour),
		Location: c.word(offices), Creator: app.Owner, CreatedAt: moved.Add(-4 * time.Hour), SentAt: moved.Add(-3 * time.Hour),
		FinishedAt: moved.Add(-time.Hour), Rank: app.Job.Ranks[0], Grade: c.word(grades),
		Answers: []OfferAnswer{{SentAt: moved.Add(-3 * time.Hour), By: app.Owner, Status: status, How: 1}},
	}
}

// wake finds an application in order to change it; nil if there is none.
func (c *Company) wake(id int64) *Application {
	if app := c.apps[id]; app != nil {
		return app
	}
	n, asleep := c.asleep.number(id)
	if !asleep {
		return nil
	}
	app := c.dream(n)
	c.asleep.wake(n)
	c.keep(app)
	if app.Open() {
		c.open = append(c.open, app)
	} else {
		c.closed = append(c.closed, app)
	}
	return app
}
