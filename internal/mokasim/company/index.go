package company

import (
	"iter"
	"math"
	"slices"
	"sort"
	"time"
)

// place is where an application stands in an order by time: among equal times,
// by id.
type place struct {
	at int64 // Unix nanoseconds
	id int64
}

// placeOf clamps times that nanoseconds cannot count.
func placeOf(at time.Time, id int64) place {
	switch year := at.Year(); {
	case year < 1700:
		return place{math.MinInt64, id}
	case year > 2200:
		return place{math.MaxInt64, id}
	default:
		return place{at.UnixNano(), id}
	}
}

func (p place) compare(other place) int {
	switch {
	case p.at != other.at:
		if p.at < other.at {
			return -1
		}
		return 1
	case p.id < other.id:
		return -1
	case p.id > other.id:
		return 1
	default:
		return 0
	}
}

// index orders applications by a time that changes. A place that an application
// has left stays until too many are stale: changes come in the order of time,
// so putting one costs next to nothing.
type index struct {
	places []place
	time   func(*Application) time.Time
}

func (x *index) put(app *Application) {
	p := placeOf(x.time(app), app.ID)
	at := len(x.places)
	if at > 0 && x.places[at-1].compare(p) >= 0 {
		at = x.after(p)
		if at > 0 && x.places[at-1] == p {
			return
		}
	}
	x.places = slices.Insert(x.places, at, p)
}

// after is the number of places up to and including p.
func (x *index) after(p place) int {
	return sort.Search(len(x.places), func(n int) bool { return x.places[n].compare(p) > 0 })
}

// holds reports whether the application of a place still stands there.
func (x *index) holds(p place, apps map[int64]*Application) bool {
	app := apps[p.id]
	return app != nil && x.time(app).UnixNano() == p.at
}

// tidy drops stale places once they are the most.
func (x *index) tidy(apps map[int64]*Application) {
	if len(x.places) > 2*len(apps)+1_000 {
		x.places = slices.DeleteFunc(x.places, func(p place) bool { return !x.holds(p, apps) })
	}
}

// rows are the applications behind a place, in the order of the index.
func (x *index) rows(from place, apps map[int64]*Application) iter.Seq[*Application] {
	return func(yield func(*Application) bool) {
		for _, p := range x.places[x.after(from):] {
			if x.holds(p, apps) && !yield(apps[p.id]) {
				return
			}
		}
	}
}

// rowsBack are the applications before a place, from the last to the first.
func (x *index) rowsBack(from place, apps map[int64]*Application) iter.Seq[*Application] {
	return func(yield func(*Application) bool) {
		for n := x.after(from) - 1; n >= 0; n-- {
			if p := x.places[n]; p != from && x.holds(p, apps) && !yield(apps[p.id]) {
				return
			}
		}
	}
}

// reindex puts an application where its times say.
func (c *Company) reindex(app *Application) {
	if c.apps[app.ID] != app {
		return // deleted
	}
	c.byUpdate.put(app)
	c.byMove.put(app)
	c.byUpdate.tidy(c.apps)
	c.byMove.tidy(c.apps)
}

// ByUpdate are the applications behind (after, id), by UpdatedAt and id.
func (c *Company) ByUpdate(after time.Time, id int64) iter.Seq[*Application] {
	from := placeOf(after, id)
	return merged(c.byUpdate.rows(from, c.apps), c.sleepers(from, 0), c.byUpdate.time, place.compare)
}

// ByMove are the applications behind (after, id), by MovedAt and id.
func (c *Company) ByMove(after time.Time, id int64) iter.Seq[*Application] {
	from := placeOf(after, id)
	return merged(c.byMove.rows(from, c.apps), c.sleepers(from, movedBefore), c.byMove.time, place.compare)
}

// ByMoveBack are the applications before (before, id), by MovedAt and id from the
// last to the first.
func (c *Company) ByMoveBack(before time.Time, id int64) iter.Seq[*Application] {
	from := placeOf(before, id)
	back := func(a, b place) int { return b.compare(a) }
	return merged(c.byMove.rowsBack(from, c.apps), c.sleepersBack(from, movedBefore), c.byMove.time, back)
}

// merged takes from two orders what comes first by compare.
func merged(
	one, other iter.Seq[*Application], at func(*Application) time.Time, compare func(a, b place) int,
) iter.Seq[*Application] {
	return func(yield func(*Application) bool) {
		next, stop := iter.Pull(other)
		defer stop()
		waiting, more := next()
		for app := range one {
			for more && compare(placeOf(at(waiting), waiting.ID), placeOf(at(app), app.ID)) < 0 {
				if !yield(waiting) {
					return
				}
				waiting, more = next()
			}
			if !yield(app) {
				return
			}
		}
		for more {
			if !yield(waiting) {
				return
			}
			waiting, more = next()
		}
	}
}
