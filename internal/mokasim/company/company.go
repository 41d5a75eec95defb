package company

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"time"
)

// Bounds of a company.
const (
	MaxOpen     = 200    // applications in progress; of a large company a hundredth of Settings.Applications
	MaxClosed   = 50_000 // closed applications; then the oldest are deleted
	MaxMeetings = 20     // meetings of one application remembered

	minOpen       = 12 // below this, the next change is a new application
	maxHeadcounts = 400
	employees     = 12
	warmUp        = 240 // changes before the story begins
)

// Settings of a company.
type Settings struct {
	Seed uint64
	// Applications is how many applications of earlier years there are besides
	// those of the story: 0 to 1,000,000.
	Applications int
	// QuietShare of the changes of offers, interviews and feedback do not move
	// the application's UpdatedAt: 0 to 1. Whether Moka moves it is not
	// documented.
	QuietShare float64
	// KeepClosed instead of MaxClosed; 0: MaxClosed.
	KeepClosed int
}

// Company is the state of a recruiting company. Make one with Found.
type Company struct {
	settings Settings
	rng      *rand.Rand
	quiet    *rand.Rand // its own, so that the story does not depend on what is quiet
	observe  func(Change)
	operator string // who orders the act in progress; "": the company's own life
	base     int64  // of all ids, by seed
	seq      uint64
	serial   int64 // last application
	meetings int64 // last interview

	candidates    int64 // last candidate
	lastHeadcount int64
	stages        []*Stage
	departments   []*Department
	staff         []*Employee
	jobs          []*Job
	rooms         []*Room
	reasons       []Reason
	headcounts    []*Headcount   // by id
	open          []*Application // by age
	closed        []*Application // by age of closing

	asleep   sleepers
	apps     map[int64]*Application // all but those asleep
	ids      []int64                // of apps that never slept, ascending; some may be deleted
	byUpdate index
	byMove   index
	byPerson map[int64][]*Application // by candidate id, oldest first
	marks    map[int64]int64          // by application id: MovedAt as a marking feed returned it, Unix nanoseconds
}

// New founds the company of a seed with no more than its story; see Found.
func New(seed uint64, start time.Time, observe func(Change)) *Company {
	return Found(Settings{Seed: seed}, start, observe)
}

// Found founds a company, with some weeks of history before start: applications
// in every stage, interviews that are still to take place, offers. That history
// is not observed. observe may be nil; it is called within each act and must
// not call back into the company's acts.
func Found(settings Settings, start time.Time, observe func(Change)) *Company {
	c := &Company{
		settings: settings,
		rng:      rand.New(rand.NewPCG(settings.Seed, 0x6d6f6b61)),
		quiet:    rand.New(rand.NewPCG(settings.Seed, 0x7175696574)),
		// Companies of different seeds rarely share an id; all fit 31 bits.
		// Applications of earlier years have the ids below.
		base:        200_000_000 + int64(rand.New(rand.NewPCG(settings.Seed, 1)).IntN(7_000))*100_000,
		departments: departments(),
		observe:     func(Change) {},
		apps:        map[int64]*Application{},
		byUpdate:    index{time: func(app *Application) time.Time { return app.UpdatedAt }},
		byMove:      index{time: func(app *Application) time.Time { return app.MovedAt }},
		byPerson:    map[int64][]*Application{},
		marks:       map[int64]int64{},
	}
	c.asleep = newSleepers(settings.Applications, c.base, start)
	c.stages = pipeline(c.base)
	c.reasons = reasons(c.base)
	c.hireStaff(employees)
	c.furnish()
	c.openJobs(start)
	for n := warmUp; n > 0; n-- {
		c.Step(start.Add(-time.Duration(n) * 2 * time.Hour))
	}
	c.seq = 0
	if observe != nil {
		c.observe = observe
	}
	return c
}

// Step lets the company do what it does next: one change, and what follows from
// it at once (somebody hired fills a headcount, an old application is deleted).
func (c *Company) Step(now time.Time) {
	switch dice := c.rng.IntN(100); {
	case len(c.open) < minOpen, dice < 12 && !c.busy():
		c.receive(now)
	case dice < 15:
		c.note(c.anyOpen(), now)
	case dice < 18:
		c.oddity(now)
	default:
		c.advance(c.anyOpen(), now)
	}
}

// busy reports whether recruiters have as much in progress as they can do.
func (c *Company) busy() bool { return len(c.open) >= max(MaxOpen, c.settings.Applications/100) }

// Bulk lets the company do several things at one instant, as when a recruiter
// ticks many rows of a list and presses one button: count new remarks, on as
// many applications as there are.
func (c *Company) Bulk(count int, now time.Time) {
	for n := range min(count, len(c.open)) {
		c.note(c.open[n], now)
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
	c.ids = append(c.ids, app.ID)
	c.keep(app)
	c.tell(now, ApplicationReceived, app, Change{To: app.Stage.Name, Field: FieldStage, Is: stageWord(app.Stage)})
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

// keep remembers an application that is new or awake.
func (c *Company) keep(app *Application) {
	c.apps[app.ID] = app
	c.byPerson[app.Candidate.ID] = append(c.byPerson[app.Candidate.ID], app)
	c.reindex(app)
}

func (c *Company) move(app *Application, to *Stage, now time.Time) {
	from := app.Stage
	app.Moves = append(app.Moves, Move{At: now, By: app.Owner, From: from, To: to})
	app.Stage, app.MovedAt = to, now
	c.tell(now, StageMoved, app, Change{
		From: from.Name, To: to.Name, Field: FieldStage, Was: stageWord(from), Is: stageWord(to),
	})
}

func stageWord(stage *Stage) string { return strconv.FormatInt(stage.ID, 10) }

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
	c.archiveAs(app, Archive{At: now, Reason: c.reason()}, now)
}

func (c *Company) archiveAs(app *Application, archive Archive, now time.Time) {
	app.Archive = &archive
	c.close(app)
	c.tell(now, ApplicationArchived, app, Change{To: archive.Reason.Name, Field: FieldArchived, Was: "false", Is: "true"})
	c.forget(now)
}

// hire closes an application by hiring, under the offer's headcount if there is
// one that still exists.
func (c *Company) hire(app *Application, now time.Time) {
	var under *Headcount
	if app.Offer != nil && app.Offer.Headcount != nil {
		under = c.Headcount(app.Offer.Headcount.ID)
	}
	c.employ(app, Hiring{At: now, Probation: 3}, under, now)
}

func (c *Company) close(app *Application) {
	at := slices.Index(c.open, app)
	c.open = slices.Delete(c.open, at, at+1)
	c.closed = append(c.closed, app)
}

// forget deletes closed applications that are too many, as a company does that
// keeps data no longer than it may.
func (c *Company) forget(now time.Time) {
	most := c.settings.KeepClosed
	if most == 0 {
		most = MaxClosed
	}
	for len(c.closed) > most {
		c.remove(c.closed[0], now)
	}
}

// remove deletes an application for good.
func (c *Company) remove(app *Application, now time.Time) {
	for _, list := range []*[]*Application{&c.open, &c.closed} {
		if at := slices.Index(*list, app); at >= 0 {
			*list = slices.Delete(*list, at, at+1)
		}
	}
	delete(c.apps, app.ID)
	delete(c.marks, app.ID)
	others := slices.DeleteFunc(c.byPerson[app.Candidate.ID], func(other *Application) bool { return other == app })
	if c.byPerson[app.Candidate.ID] = others; len(others) == 0 {
		delete(c.byPerson, app.Candidate.ID)
	}
	c.tell(now, ApplicationDeleted, app, Change{Field: FieldExists, Was: "true", Is: "false"})
}

func (c *Company) anyOpen() *Application { return c.open[c.rng.IntN(len(c.open))] }
