package company

import (
	"math/rand/v2"
	"slices"
	"time"
)

// Bounds of a company.
const (
	MaxOpen     = 200 // applications in progress
	MaxClosed   = 500 // closed applications remembered
	MaxMeetings = 20  // meetings of one application remembered

	minOpen   = 12 // below this, the next change is a new application
	employees = 12
	warmUp    = 240 // changes before the story begins
)

// Company is the state of a recruiting company. Make one with New.
type Company struct {
	rng      *rand.Rand
	observe  func(Change)
	base     int64 // of all ids, by seed
	seq      uint64
	serial   int64 // last application
	meetings int64 // last interview

	candidates  int64 // last candidate
	stages      []*Stage
	departments []*Department
	staff       []*Employee
	jobs        []*Job
	rooms       []*Room
	open        []*Application // by age
	closed      []*Application // by age of closing
}

// New founds the company of a seed, with some weeks of history before start:
// applications in every stage, interviews that are still to take place, offers.
// That history is not observed. observe may be nil; it is called within each
// act and must not call back into the company's acts.
func New(seed uint64, start time.Time, observe func(Change)) *Company {
	c := &Company{
		rng: rand.New(rand.NewPCG(seed, 0x6d6f6b61)),
		// Companies of different seeds rarely share an id; all fit 31 bits.
		base:        200_000_000 + int64(rand.New(rand.NewPCG(seed, 1)).IntN(7_000))*100_000,
		departments: departments(),
		observe:     func(Change) {},
	}
	c.stages = pipeline(c.base)
	c.hireStaff(employees)
	c.openJobs(start)
	c.furnish()
	for n := warmUp; n > 0; n-- {
		c.Step(start.Add(-time.Duration(n) * 2 * time.Hour))
	}
	c.seq = 0
	if observe != nil {
		c.observe = observe
	}
	return c
}

// Step lets the company do what it does next: exactly one change.
func (c *Company) Step(now time.Time) {
	switch dice := c.rng.IntN(100); {
	case len(c.open) < minOpen, dice < 12 && len(c.open) < MaxOpen:
		c.receive(now)
	case dice < 16:
		app := c.anyOpen()
		c.note(app, now)
	default:
		c.advance(c.anyOpen(), now)
	}
}

// advance does what is next for one application.
func (c *Company) advance(app *Application, now time.Time) {
	if meeting := app.OpenMeeting(); meeting != nil {
		c.advanceMeeting(meeting, now) // in whatever stage: nobody is closed with an interview ahead
		return
	}
	if app.Stage != c.stages[stageInterview] && c.rng.IntN(40) == 0 {
		c.archive(app, now)
		return
	}
	switch app.Stage {
	case c.stages[stageScreen]:
		if c.rng.IntN(6) == 0 {
			c.archive(app, now)
			return
		}
		next := stageReview
		if c.rng.IntN(3) == 0 {
			next = stageInterview
		}
		c.move(app, c.stages[next], now)
	case c.stages[stageReview]:
		c.move(app, c.stages[stageInterview], now)
	case c.stages[stageInterview]:
		c.advanceInterviews(app, now)
	case c.stages[stageOffer]:
		c.advanceOffer(app, now)
	default:
		c.advanceOnboarding(app, now)
	}
}

func (c *Company) receive(now time.Time) *Application {
	candidate := c.returning()
	if candidate == nil {
		candidate = c.newCandidate(now)
	}
	c.serial++
	app := &Application{
		ID: c.base + c.serial, Candidate: candidate, Job: c.jobs[c.rng.IntN(len(c.jobs))],
		Stage: c.stages[stageScreen], CreatedAt: now, MovedAt: now, UpdatedAt: now,
		Owner: c.employee(), Source: c.word(sources), Label: c.word(labels),
	}
	if app.Source == "内部推荐" {
		app.Referrer = c.employee()
	}
	app.Moves = append(app.Moves, Move{At: now, By: app.Owner, To: app.Stage})
	c.open = append(c.open, app)
	c.tell(now, ApplicationReceived, app, Change{To: app.Stage.Name})
	return app
}

// returning is, now and then, somebody whose earlier application was closed.
func (c *Company) returning() *Candidate {
	if len(c.closed) == 0 || c.rng.IntN(10) > 0 {
		return nil
	}
	old := c.closed[c.rng.IntN(len(c.closed))]
	if old.Archive == nil {
		return nil // was hired
	}
	for _, app := range c.open {
		if app.Candidate == old.Candidate {
			return nil // is back already
		}
	}
	return old.Candidate
}

func (c *Company) move(app *Application, to *Stage, now time.Time) {
	from := app.Stage
	app.Moves = append(app.Moves, Move{At: now, By: app.Owner, From: from, To: to})
	app.Stage, app.MovedAt = to, now
	c.tell(now, StageMoved, app, Change{From: from.Name, To: to.Name})
}

func (c *Company) note(app *Application, now time.Time) {
	by, to := c.employee(), c.employee()
	if len(app.Remarks) >= 5 {
		app.Remarks = slices.Delete(app.Remarks, 0, 1)
	}
	app.Remarks = append(app.Remarks, Remark{
		At: now, By: by, To: to, Text: "这个候选人还不错,请看一下", Private: c.rng.IntN(2) == 0,
	})
	c.tell(now, RemarkAdded, app, Change{})
}

// archive closes an application without hiring.
func (c *Company) archive(app *Application, now time.Time) {
	reason := c.word(archiving)
	app.Archive = &Archive{At: now, Reason: reason}
	c.close(app)
	c.tell(now, ApplicationArchived, app, Change{To: reason})
}

func (c *Company) hire(app *Application, now time.Time) {
	app.HiredAt = now
	c.close(app)
	c.tell(now, Hired, app, Change{})
}

func (c *Company) close(app *Application) {
	at := slices.Index(c.open, app)
	c.open = slices.Delete(c.open, at, at+1)
	c.closed = append(c.closed, app)
	if len(c.closed) > MaxClosed {
		c.closed = slices.Delete(c.closed, 0, 1)
	}
}

func (c *Company) anyOpen() *Application { return c.open[c.rng.IntN(len(c.open))] }
