package audit

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/mokafka/mokafka/ingest/derive"
	"github.com/mokafka/mokafka/ingest/normalize"
	"github.com/mokafka/mokafka/internal/moka"
	"github.com/mokafka/mokafka/publish"
)

// API is what an audit asks of Moka; *moka.Client is one.
type API interface {
	Applications(ctx context.Context, class moka.Class, q moka.ApplicationsQuery) (moka.Page, error)
	Headcounts(ctx context.Context, class moka.Class, q moka.FeedQuery) (moka.Page, error)
	Headcount(ctx context.Context, class moka.Class, id int64) (moka.Item, time.Time, error)
	MinimalHeadcounts(ctx context.Context, class moka.Class) (moka.Page, error)
}

// States is Kafka's picture; *Picture is one.
type States interface {
	// Refresh brings it up to what is committed now.
	Refresh(ctx context.Context) error
	// Get returns a pointer to the state of an entity, whose root says where it
	// is; nil where there is none.
	Get(ctx context.Context, family publish.Family, root, key string) (any, error)
	// Each calls fn with every state of a family, deletions included, until it
	// fails.
	Each(ctx context.Context, family publish.Family, fn func(state any) error) error
}

// Config of an audit.
type Config struct {
	OrgID string
	// Since bounds what is looked at: what was updated since.
	Since time.Time
	// Applications, with their offers and interviews, and Headcounts are looked at.
	Applications, Headcounts bool
	// Settle is how long after the first look what was found is looked at again.
	Settle time.Duration
}

// Validate names every fault.
func (c Config) Validate() error {
	var errs []error
	if c.OrgID == "" {
		errs = append(errs, errors.New("the organisation is not named"))
	}
	if c.Since.IsZero() {
		errs = append(errs, errors.New("the beginning of the range is not named"))
	}
	if !c.Applications && !c.Headcounts {
		errs = append(errs, errors.New("there is nothing to look at"))
	}
	if c.Settle < 0 {
		errs = append(errs, fmt.Errorf("the time to settle, %s, is less than 0", c.Settle))
	}
	return errors.Join(errs...)
}

// Progress is told from time to time.
type Progress struct {
	// Doing is what is being done, in words.
	Doing string
	// Calls, Applications and Headcounts are as in Report, so far; Findings are
	// those of the first look.
	Calls, Applications, Headcounts, Findings int
}

// Deps are what an audit works with; all are needed.
type Deps struct {
	API       API
	States    States
	Decider   *derive.Decider
	Normalize normalize.Options
	Now       func() time.Time
	// Sleep waits, or until the context ends.
	Sleep func(ctx context.Context, d time.Duration) error
	// Tell is called after every call to Moka, and before what takes long.
	Tell func(Progress)
}

// Auditor makes one audit.
type Auditor struct {
	cfg    Config
	deps   Deps
	report Report
	found  findings
	seen   map[int64]bool // applications
	listed map[int64]bool // headcounts
}

// New fails on a bad configuration.
func New(cfg Config, deps Deps) (*Auditor, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("configure the audit: %w", err)
	}
	return &Auditor{cfg: cfg, deps: deps, found: findings{}, seen: map[int64]bool{}, listed: map[int64]bool{}}, nil
}

// Run looks twice and reports. It is called once.
func (a *Auditor) Run(ctx context.Context) (Report, error) {
	a.report = Report{OrgID: a.cfg.OrgID, Since: a.cfg.Since, Began: a.deps.Now()}
	if err := a.first(ctx); err != nil {
		return Report{}, err
	}
	if len(a.found) > 0 {
		before := len(a.found.list())
		a.tell(fmt.Sprintf("waiting %s, since the stream may be behind", a.cfg.Settle))
		if err := a.deps.Sleep(ctx, a.cfg.Settle); err != nil {
			return Report{}, err
		}
		if err := a.again(ctx); err != nil {
			return Report{}, err
		}
		a.report.Settled = max(0, before-len(a.found.list()))
	}
	a.report.Findings = a.found.list()
	a.report.Complete, a.report.Ended = complete(a.report.Findings), a.deps.Now()
	return a.report, nil
}

func (a *Auditor) first(ctx context.Context) error {
	if err := a.refresh(ctx); err != nil {
		return err
	}
	if a.cfg.Applications {
		if err := a.walkApplications(ctx); err != nil {
			return err
		}
		if err := a.missedApplications(ctx); err != nil {
			return err
		}
	}
	if a.cfg.Headcounts {
		if err := a.walkHeadcounts(ctx); err != nil {
			return err
		}
		return a.compareLists(ctx)
	}
	return nil
}

// again looks at what was found once more, by its id.
func (a *Auditor) again(ctx context.Context) error {
	if err := a.refresh(ctx); err != nil {
		return err
	}
	before := a.found
	a.found = findings{}
	if err := a.askApplications(ctx, before.subjects(false)); err != nil {
		return err
	}
	return a.askHeadcounts(ctx, before.subjects(true))
}

func (a *Auditor) refresh(ctx context.Context) error {
	a.tell("reading the state topics")
	if err := a.deps.States.Refresh(ctx); err != nil {
		return fmt.Errorf("read the states: %w", err)
	}
	return nil
}

// called counts a call.
func (a *Auditor) called(doing string) {
	a.report.Calls++
	a.tell(doing)
}

func (a *Auditor) tell(doing string) {
	a.deps.Tell(Progress{
		Doing: doing, Calls: a.report.Calls, Applications: a.report.Applications, Headcounts: a.report.Headcounts, Findings: len(a.found),
	})
}
