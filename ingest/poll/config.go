package poll

import (
	"errors"
	"fmt"
	"time"
)

// The values of Config.Applications.
const (
	ApplicationsV2    = "v2"
	ApplicationsV1    = "v1"
	ApplicationsMoved = "moved"
	ApplicationsOff   = "off"
)

// Config says what is polled, and how often.
type Config struct {
	// Applications names the feed of applications: v2 (v2/data/ehrApplications,
	// the richest, and the only one that can be asked for single applications),
	// v1 (v1/data/ehrApplications), moved (v1/data/movedApplications, which shows
	// only stage moves), or off, which turns all polling off.
	Applications string `env:"POLL_APPLICATIONS,default=v2"`
	// ApplicationsInterval is the pause between two passes while applications
	// change; without changes it grows to ApplicationsIdleInterval. With a small
	// quota it is longer, so that passes take no more than four calls in ten: 3.75 s
	// with 40 calls a minute.
	ApplicationsInterval     time.Duration `env:"POLL_APPLICATIONS_INTERVAL,default=3s"`
	ApplicationsIdleInterval time.Duration `env:"POLL_APPLICATIONS_IDLE_INTERVAL,default=5s"`
	// Overlap is how far each pass goes back behind its cursor, for rows that
	// become visible late; every quarter of LookBack a pass goes back by that.
	Overlap  time.Duration `env:"POLL_OVERLAP,default=20s"`
	LookBack time.Duration `env:"POLL_LOOK_BACK,default=10m"`
	// HeadcountsInterval is the pause between two passes; 0 turns them off.
	HeadcountsInterval time.Duration `env:"POLL_HEADCOUNTS_INTERVAL,default=30s"`
	// InterviewsInterval is how often the interviews of InterviewsPast days ago to
	// InterviewsAhead days ahead are read; 0 turns that off.
	InterviewsInterval time.Duration `env:"POLL_INTERVIEWS_INTERVAL,default=5m"`
	InterviewsPast     int           `env:"POLL_INTERVIEWS_PAST_DAYS,default=7"`
	InterviewsAhead    int           `env:"POLL_INTERVIEWS_AHEAD_DAYS,default=22"`
	// FeedbacksInterval is the pause between two passes; 0 turns them off.
	FeedbacksInterval time.Duration `env:"POLL_FEEDBACKS_INTERVAL,default=5m"`
	// HotSetMinAge is how fresh an application of the hot set is fresh enough.
	HotSetMinAge time.Duration `env:"POLL_HOT_SET_MIN_AGE,default=1m"`
	// SweepEvery is how often every known application and headcount is looked at;
	// 0 turns that off.
	SweepEvery time.Duration `env:"POLL_SWEEP_EVERY,default=168h"`
	// GoneAfter is how long after the first time an application was not there it
	// is asked for again, before it is called deleted.
	GoneAfter time.Duration `env:"POLL_GONE_AFTER,default=10m"`
	// GoneLimit is how many entities may be called deleted within a day; what is
	// beyond is held back and asked for again, until somebody raises the limit.
	GoneLimit int `env:"POLL_GONE_LIMIT,default=500"`
	// Parallel is how many calls may be under way at once.
	Parallel int `env:"POLL_PARALLEL,default=4"`
}

// On tells whether there is anything to poll.
func (c Config) On() bool { return c.Applications != ApplicationsOff }

// Validate reports every fault at once, naming the variables.
func (c Config) Validate() error {
	var errs []error
	fault := func(bad bool, format string, args ...any) {
		if bad {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	switch c.Applications {
	case ApplicationsV2, ApplicationsV1, ApplicationsMoved, ApplicationsOff:
	default:
		fault(true, "POLL_APPLICATIONS: %q is not v2, v1, moved or off", c.Applications)
	}
	between := func(name string, d, least, most time.Duration, mayBeOff bool) {
		if mayBeOff && d == 0 {
			return
		}
		fault(d < least || d > most, "%s: %s is not between %s and %s", name, d, least, most)
	}
	day := 24 * time.Hour
	between("POLL_APPLICATIONS_INTERVAL", c.ApplicationsInterval, time.Second, day, false)
	between("POLL_APPLICATIONS_IDLE_INTERVAL", c.ApplicationsIdleInterval, c.ApplicationsInterval, day, false)
	between("POLL_OVERLAP", c.Overlap, 0, day, false)
	between("POLL_LOOK_BACK", c.LookBack, c.Overlap, 7*day, false)
	between("POLL_HEADCOUNTS_INTERVAL", c.HeadcountsInterval, time.Second, day, true)
	between("POLL_INTERVIEWS_INTERVAL", c.InterviewsInterval, time.Second, day, true)
	between("POLL_FEEDBACKS_INTERVAL", c.FeedbacksInterval, time.Second, day, true)
	between("POLL_HOT_SET_MIN_AGE", c.HotSetMinAge, time.Second, 7*day, false)
	between("POLL_SWEEP_EVERY", c.SweepEvery, time.Minute, 366*day, true)
	between("POLL_GONE_AFTER", c.GoneAfter, time.Second, 7*day, false)
	fault(c.InterviewsPast < 0 || c.InterviewsPast > 366, "POLL_INTERVIEWS_PAST_DAYS: %d is not between 0 and 366", c.InterviewsPast)
	fault(c.InterviewsAhead < 0 || c.InterviewsAhead > 366, "POLL_INTERVIEWS_AHEAD_DAYS: %d is not between 0 and 366", c.InterviewsAhead)
	fault(c.GoneLimit < 1, "POLL_GONE_LIMIT: %d is not at least 1", c.GoneLimit)
	fault(c.Parallel < 1 || c.Parallel > 64, "POLL_PARALLEL: %d is not between 1 and 64", c.Parallel)
	return errors.Join(errs...)
}
