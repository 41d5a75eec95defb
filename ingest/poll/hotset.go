package poll

import (
	"time"

	"github.com/mokafka/mokafka/internal/moka"
	"github.com/mokafka/mokafka/schemas"
)

// hotSet looks again and again at the open applications in whose stages things
// change without moving updatedAt, the one that was seen longest ago first.
type hotSet struct {
	lookup lookup
	minAge time.Duration
	// queue is in the order of the sightings known when each was put at its end.
	queue    []int64
	members  map[int64]time.Time // when each was seen last
	queued   map[int64]bool
	underway map[int64]bool
}

func newHotSet(l lookup, minAge time.Duration) *hotSet {
	return &hotSet{
		lookup: l, minAge: minAge, members: map[int64]time.Time{}, queued: map[int64]bool{}, underway: map[int64]bool{},
	}
}

func (h *hotSet) name() string      { return "hot_set" }
func (h *hotSet) class() moka.Class { return moka.ClassHotSet }

// saw notes that an application was seen, and whether it belongs to the set.
func (h *hotSet) saw(id int64, hot bool, at time.Time) {
	if !hot {
		delete(h.members, id)
		return
	}
	h.members[id] = later(h.members[id], at)
	if !h.queued[id] {
		h.queued[id] = true
		h.queue = append(h.queue, id)
	}
}

// settle brings one to the front that is a member and is due, or will be next.
// Those that were seen elsewhere since they were queued go to the end.
func (h *hotSet) settle(now time.Time) (time.Time, bool) {
	for range h.queue {
		id := h.queue[0]
		seen, member := h.members[id]
		switch {
		case !member:
			h.queue = h.queue[1:]
			delete(h.queued, id)
		case now.Sub(seen) < h.minAge && len(h.queue) > 1 && h.members[h.queue[1]].Before(seen):
			h.queue = append(h.queue[1:], id)
		default:
			return seen.Add(h.minAge), true
		}
	}
	return time.Time{}, false
}

func (h *hotSet) due(now time.Time) (time.Time, bool) { return h.settle(now) }

func (h *hotSet) begin(now time.Time) call {
	clear(h.underway)
	var ids []int64
	for i := 0; i < len(h.queue) && len(ids) < perCall; i++ {
		// A call has room for 20: what is due soon goes along.
		if seen, member := h.members[h.queue[i]]; member && now.Sub(seen) >= h.minAge/2 {
			ids = append(ids, h.queue[i])
			h.underway[h.queue[i]] = true
		}
	}
	return h.lookup.call(moka.ClassHotSet, ids)
}

func (h *hotSet) done(now time.Time, a answer) outcome {
	missing := absent(h.underway, a.page)
	return outcome{
		found: pageOf(a.page, h.lookup.endpoint(), schemas.ChannelPoll, false),
		then: func(t *tally) {
			h.turn(now)
			t.missing = append(t.missing, missing...)
		},
	}
}

// turn puts those of the call at the end of the queue.
func (h *hotSet) turn(now time.Time) {
	kept := make([]int64, 0, len(h.queue))
	var back []int64
	for _, id := range h.queue {
		if !h.underway[id] {
			kept = append(kept, id)
			continue
		}
		if _, member := h.members[id]; member {
			h.members[id] = later(h.members[id], now)
			back = append(back, id)
		} else {
			delete(h.queued, id)
		}
	}
	h.queue = append(kept, back...)
}

func (h *hotSet) failed(time.Time, error) {}

// size is how many applications are in the set.
func (h *hotSet) size() int { return len(h.members) }

// oldest is when the one seen longest ago was seen; zero for an empty set.
func (h *hotSet) oldest() time.Time {
	var oldest time.Time
	for _, seen := range h.members {
		if oldest.IsZero() || seen.Before(oldest) {
			oldest = seen
		}
	}
	return oldest
}
