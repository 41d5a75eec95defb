package recovery

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/mokafka/mokafka/schemas"
)

// ErrNoCursor says that a feed has no cursor that could be set.
var ErrNoCursor = errors.New("the feed has no cursor")

// timed are the feeds whose cursor is a time, as ingest names them. The others
// keep what only they understand, and can only begin anew.
var timed = []string{"applications", "headcounts", "feedbacks"}

// Cursor is a checkpoint as operators see it; it holds no personal data.
type Cursor struct {
	Feed string `json:"feed"`
	// Cursor is how far the feed has come, nil where it is none of time.
	Cursor    *time.Time `json:"cursor"`
	Items     int64      `json:"items"`
	Completed bool       `json:"completed"`
	Owner     string     `json:"owner,omitempty"`
	Trouble   string     `json:"trouble,omitempty"`
	SavedAt   time.Time  `json:"saved_at"`
}

// CursorOf shows a checkpoint.
func CursorOf(c *schemas.Checkpoint) Cursor {
	out := Cursor{Feed: c.Feed, Cursor: c.UpdatedAt, Items: c.Items, Completed: c.Completed, SavedAt: c.SavedAt}
	if c.Owner != nil {
		out.Owner = *c.Owner
	}
	if c.Trouble != nil {
		out.Trouble = *c.Trouble
	}
	if out.Cursor == nil {
		out.Cursor = c.WindowStart
	}
	return out
}

// Reset is a plan of how a feed's cursor is set.
type Reset struct {
	Feed string `json:"feed"`
	// From and To are the cursor before and after; nil for none, which begins the
	// feed anew.
	From *time.Time `json:"from"`
	To   *time.Time `json:"to"`
	// PassesOver says that something may never be read: it was updated behind the
	// cursor of before and ahead of the one to be.
	PassesOver bool `json:"passes_over"`
	// Then says what will happen, for people.
	Then string `json:"then"`
	// Checkpoint is what to write; nil where the feed's is to be deleted.
	Checkpoint *schemas.Checkpoint `json:"-"`
}

// PlanReset says how a feed's cursor would be set to a time, or, where to is nil,
// deleted; a sweep is made due then, also one that there has not been yet. current
// are the organisation's checkpoints. A time in the future is refused, and so is a
// feed that has no cursor, or whose is not a time.
func PlanReset(current []*schemas.Checkpoint, feed string, to *time.Time, now time.Time) (Reset, error) {
	r := Reset{Feed: feed, To: to}
	at := slices.IndexFunc(current, func(c *schemas.Checkpoint) bool { return c.Feed == feed })
	isTimed := slices.Contains(timed, feed)
	switch {
	case strings.HasPrefix(feed, "backfill:"):
		return r, fmt.Errorf("%s is of a backfill: end it with 'mokafka backfill --cancel'", feed)
	case at < 0 && (to == nil || !isTimed) && !isSweep(feed):
		return r, fmt.Errorf("%s: %w%s", feed, ErrNoCursor, there(current))
	case to != nil && !isTimed:
		return r, fmt.Errorf("the cursor of %s is not a time: without one it begins anew", feed)
	case to != nil && to.After(now):
		return r, fmt.Errorf("%s is in the future: what is updated until then would never be read", to.Format(time.RFC3339))
	}
	if at >= 0 {
		r.From = current[at].UpdatedAt
	}
	switch {
	case to != nil:
		utc := to.UTC()
		r.Checkpoint = &schemas.Checkpoint{Feed: feed, UpdatedAt: &utc, SavedAt: now.UTC()}
	case isSweep(feed):
		// A sweep without a cursor waits for its interval: what is known is taken for
		// just read. One that ended long ago is due.
		due := now.AddDate(-2, 0, 0).UTC()
		r.Checkpoint = &schemas.Checkpoint{Feed: feed, StartedAt: &due, Completed: true, SavedAt: now.UTC()}
	}
	r.Then = r.consequence(isTimed, now)
	r.PassesOver = r.From != nil && (to == nil || to.After(*r.From))
	return r, nil
}

func isSweep(feed string) bool { return feed == "sweep:applications" || feed == "sweep:headcounts" }

func (r Reset) consequence(isTimed bool, now time.Time) string {
	switch {
	case isSweep(r.Feed):
		return "it begins anew now, unless sweeps are off (POLL_SWEEP_EVERY); what it reads again compares equal and derives nothing"
	case !isTimed:
		return "it begins anew; what it reads again compares equal and derives nothing"
	case r.To == nil:
		return "it begins anew a little before now (POLL_LOOK_BACK): what was updated since the cursor and before that is not read, but by a sweep or a backfill"
	case r.From == nil:
		return fmt.Sprintf("what was updated since then (%s) is read; what is known already compares equal and derives nothing", days(now.Sub(*r.To)))
	case r.To.After(*r.From):
		return fmt.Sprintf("what was updated in between (%s) is NOT read, but by a sweep or a backfill", days(r.To.Sub(*r.From)))
	}
	return fmt.Sprintf("%s are read once more; what has not changed compares equal and derives nothing, but each page costs a call of the quota", days(r.From.Sub(*r.To)))
}

// days is a duration as one would say it.
func days(d time.Duration) string {
	switch {
	case d < 2*time.Minute:
		return fmt.Sprintf("%.0f seconds", d.Seconds())
	case d < 2*time.Hour:
		return fmt.Sprintf("%.0f minutes", d.Minutes())
	case d < 48*time.Hour:
		return fmt.Sprintf("%.0f hours", d.Hours())
	}
	return fmt.Sprintf("%.0f days", d.Hours()/24)
}

// there names the feeds that have a cursor.
func there(current []*schemas.Checkpoint) string {
	var names []string
	for _, c := range current {
		if !strings.HasPrefix(c.Feed, "refetch:") {
			names = append(names, c.Feed)
		}
	}
	if len(names) == 0 {
		return "; none has"
	}
	return "; there are " + strings.Join(names, ", ")
}
