package poll

import (
	"context"
	"time"

	"github.com/mokafka/mokafka/internal/moka"
	"github.com/mokafka/mokafka/schemas"
)

// mostDays is the longest window of interviews, both ends included, that Moka
// documents.
const mostDays = 31

// calendar reads the interviews of some days past and ahead, which shows a change
// of any of them for one call in 31 days.
type calendar struct {
	label       string
	rank        moka.Class
	channel     schemas.Channel
	interval    time.Duration
	past, ahead int
	zone        *time.Location

	nextAt time.Time
	// from is the first day of the next window of a pass; zero between passes.
	from, until time.Time
}

func (c *calendar) name() string                    { return c.label }
func (c *calendar) class() moka.Class               { return c.rank }
func (c *calendar) due(time.Time) (time.Time, bool) { return c.nextAt, true }
func (c *calendar) failed(_ time.Time, _ error)     {}
func (c *calendar) day(t time.Time, n int) time.Time {
	y, m, d := t.In(c.zone).Date()
	return time.Date(y, m, d+n, 0, 0, 0, 0, c.zone)
}

func (c *calendar) begin(now time.Time) call {
	if c.from.IsZero() {
		c.from, c.until = c.day(now, -c.past), c.day(now, c.ahead)
	}
	from, until, rank := c.from, earlier(c.day(c.from, mostDays-1), c.until), c.rank
	return func(ctx context.Context, api API) (answer, error) {
		page, err := api.Interviews(ctx, rank, moka.InterviewsQuery{From: from, Until: until})
		return answer{page: page}, err
	}
}

func (c *calendar) done(now time.Time, a answer) outcome {
	return outcome{
		found: pageOf(a.page, endpointInterviews, c.channel, false),
		then: func(*tally) {
			c.from = c.day(c.from, mostDays)
			if c.from.After(c.until) {
				c.from, c.nextAt = time.Time{}, now.Add(c.interval)
			}
		},
	}
}
