package poll

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/mokafka/mokafka/internal/moka"
	"github.com/mokafka/mokafka/schemas"
)

// perCall is how many applications a call by id may name.
const perCall = moka.MaxApplications

// refetchPrefix begins the names of the checkpoints that ask for an application.
const refetchPrefix = "refetch:"

// lookup asks for applications by their ids, at the richest endpoint that the
// account has.
type lookup struct{ v2 bool }

func (l lookup) endpoint() string {
	if l.v2 {
		return endpointApplications
	}
	return endpointApplicationsV1
}

func (l lookup) page(ctx context.Context, api API, class moka.Class, ids []int64) (moka.Page, error) {
	if l.v2 {
		return api.Applications(ctx, class, moka.ApplicationsQuery{IDs: ids})
	}
	return api.ApplicationsV1(ctx, class, moka.ApplicationsV1Query{IDs: ids})
}

// call asks for at most perCall ids; for none it asks nothing.
func (l lookup) call(class moka.Class, ids []int64) call {
	ids = slices.Clone(ids)
	return func(ctx context.Context, api API) (answer, error) {
		if len(ids) == 0 {
			return answer{}, nil
		}
		page, err := l.page(ctx, api, class, ids)
		return answer{page: page}, err
	}
}

// refetch asks for the applications that somebody named: a webhook said that
// something happened to them, or a command changed them. They are few at a time,
// and a call has room for 20: others come along for nothing.
type refetch struct {
	asked map[int64]int // how often, to tell a request that came during the call
	order []int64
	after time.Time // when the last of them was asked for
	// underway are those of the call, with their count when it began.
	underway map[int64]int
	// along are those that came along; fill names up to n.
	along  []int64
	fill   func(now time.Time, n int) []int64
	lookup lookup
	portion
}

func newRefetch(l lookup, fill func(time.Time, int) []int64) *refetch {
	return &refetch{lookup: l, fill: fill, asked: map[int64]int{}, underway: map[int64]int{}, portion: newPortion()}
}

func (r *refetch) name() string      { return "refetch" }
func (r *refetch) class() moka.Class { return moka.ClassRefetch }

// applicationIn reads the name of a checkpoint that asks for an application.
func applicationIn(feed string) (int64, bool) {
	text, ok := strings.CutPrefix(feed, refetchPrefix)
	if !ok {
		return 0, false
	}
	id, err := strconv.ParseInt(text, 10, 64)
	return id, err == nil && id > 0
}

// mostSkew is how far the clock of who asks may be ahead of ours for us to wait.
const mostSkew = time.Minute

// ask puts an application on the list; at is when somebody asked, by their clock:
// a look that began before would not settle what they know.
func (r *refetch) ask(id int64, at, now time.Time) {
	if r.asked[id] == 0 {
		r.order = append(r.order, id)
	}
	r.asked[id]++
	r.after = later(r.after, earlier(at, now.Add(mostSkew)))
}

func (r *refetch) due(time.Time) (time.Time, bool) {
	return r.after, len(r.order)+len(r.lost) > 0
}

func (r *refetch) begin(now time.Time) call {
	clear(r.underway)
	ids := slices.Clone(r.order[:min(r.size, len(r.order))])
	for _, id := range ids {
		r.underway[id] = r.asked[id]
	}
	named := len(ids)
	if named > 0 && r.whole() {
		for _, id := range r.fill(now, perCall-named) {
			if _, twice := r.underway[id]; !twice {
				ids = append(ids, id)
			}
		}
	}
	r.along = ids[named:]
	return r.lookup.call(moka.ClassRefetch, ids)
}

func (r *refetch) done(_ time.Time, a answer) outcome {
	out := outcome{found: pageOf(a.page, r.lookup.endpoint(), schemas.ChannelPoll, false)}
	for i := range out.found {
		// A look that began before the webhook does not settle what the webhook said.
		_, out.found[i].sure = r.underway[out.found[i].item.ID]
	}
	missing := append(absent(r.underway, a.page), missing(r.along, a.page)...)
	var settled []int64
	for id, count := range r.underway {
		if r.asked[id] == count {
			settled = append(settled, id)
			out.gone = append(out.gone, refetchPrefix+strconv.FormatInt(id, 10))
		}
	}
	// Those that can't be had alone are no longer waited for.
	lost := slices.DeleteFunc(slices.Clone(r.lost), func(id int64) bool { return r.asked[id] > 0 })
	for _, id := range lost {
		out.gone = append(out.gone, refetchPrefix+strconv.FormatInt(id, 10))
	}
	out.then = func(t *tally) {
		r.worked(slices.Collect(maps.Keys(r.underway)))
		r.lost = nil
		t.missing = append(t.missing, lost...)
		for _, id := range settled {
			delete(r.asked, id)
		}
		kept := r.order[:0]
		for _, id := range r.order {
			if r.asked[id] > 0 {
				kept = append(kept, id)
			}
		}
		r.order = kept
		t.missing = append(t.missing, missing...)
	}
	return out
}

// failed asks for fewer at once, and for others first.
func (r *refetch) failed(time.Time, error) {
	named := slices.Collect(maps.Keys(r.underway))
	switch {
	case len(r.along) > 0:
		r.size = max(1, min(len(named), perCall-1))
	case r.portion.failed(named):
		delete(r.asked, named[0])
		r.order = slices.DeleteFunc(r.order, func(id int64) bool { return id == named[0] })
	case len(named) == 1 && len(r.order) > 1:
		r.order = append(r.order[1:], r.order[0])
	}
}

// absent lists the ids that were asked for and are not on the page.
func absent[V any](asked map[int64]V, page moka.Page) []int64 {
	return missing(slices.Collect(maps.Keys(asked)), page)
}

// missing lists those of the ids that are not on the page, in order.
func missing(ids []int64, page moka.Page) []int64 {
	left := slices.Clone(ids)
	slices.Sort(left)
	return slices.DeleteFunc(left, func(id int64) bool {
		return slices.ContainsFunc(page.Items, func(item moka.Item) bool { return item.ID == id })
	})
}
