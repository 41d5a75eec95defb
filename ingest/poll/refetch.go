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
// something happened to them, or a command changed them.
type refetch struct {
	asked map[int64]int // how often, to tell a request that came during the call
	order []int64
	// underway are those of the call, with their count when it began.
	underway map[int64]int
	lookup   lookup
}

func newRefetch(l lookup) *refetch {
	return &refetch{lookup: l, asked: map[int64]int{}, underway: map[int64]int{}}
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

// ask puts an application on the list.
func (r *refetch) ask(id int64) {
	if r.asked[id] == 0 {
		r.order = append(r.order, id)
	}
	r.asked[id]++
}

func (r *refetch) due(time.Time) (time.Time, bool) { return time.Time{}, len(r.order) > 0 }

func (r *refetch) begin(time.Time) call {
	clear(r.underway)
	ids := r.order[:min(perCall, len(r.order))]
	for _, id := range ids {
		r.underway[id] = r.asked[id]
	}
	return r.lookup.call(moka.ClassRefetch, ids)
}

func (r *refetch) done(_ time.Time, a answer) outcome {
	out := outcome{found: pageOf(a.page, r.lookup.endpoint(), schemas.ChannelPoll, false)}
	missing := absent(r.underway, a.page)
	var settled []int64
	for id, count := range r.underway {
		if r.asked[id] == count {
			settled = append(settled, id)
			out.gone = append(out.gone, refetchPrefix+strconv.FormatInt(id, 10))
		}
	}
	out.then = func(t *tally) {
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

func (r *refetch) failed(time.Time, error) {}

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
