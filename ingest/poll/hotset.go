package poll

import (
	"container/heap"
	"maps"
	"slices"
	"time"

	"github.com/mokafka/mokafka/internal/moka"
	"github.com/mokafka/mokafka/schemas"
)

// hotSet looks again and again at the open applications in whose stages things
// change without moving updatedAt, the one that was seen longest ago first, by
// whichever feed.
type hotSet struct {
	lookup lookup
	minAge time.Duration
	// order is a heap of the members, the one seen longest ago first.
	order    byAge
	members  map[int64]*member
	underway map[int64]bool
	portion
}

// member is an application of the hot set.
type member struct {
	id   int64
	seen time.Time
	at   int // its place in the heap
}

func newHotSet(l lookup, minAge time.Duration) *hotSet {
	return &hotSet{lookup: l, minAge: minAge, members: map[int64]*member{}, underway: map[int64]bool{}, portion: newPortion()}
}

func (h *hotSet) name() string      { return "hot_set" }
func (h *hotSet) class() moka.Class { return moka.ClassHotSet }

// saw notes that an application was seen, and whether it belongs to the set.
func (h *hotSet) saw(id int64, hot bool, at time.Time) {
	m := h.members[id]
	switch {
	case m == nil && hot:
		m = &member{id: id, seen: at}
		h.members[id] = m
		heap.Push(&h.order, m)
	case m == nil:
	case !hot:
		heap.Remove(&h.order, m.at)
		delete(h.members, id)
	case at.After(m.seen):
		m.seen = at
		heap.Fix(&h.order, m.at)
	}
}

func (h *hotSet) due(time.Time) (time.Time, bool) {
	if len(h.order) == 0 {
		return time.Time{}, false
	}
	return h.order[0].seen.Add(h.minAge), true
}

// oldest are up to n members that were seen longest ago, as far as they are due
// soon: a call has room for 20, and half as old is old enough to go along.
func (h *hotSet) oldest(now time.Time, n int) []int64 {
	taken := make([]*member, 0, n)
	for len(taken) < n && len(h.order) > 0 && now.Sub(h.order[0].seen) >= h.minAge/2 {
		if m, ok := heap.Pop(&h.order).(*member); ok {
			taken = append(taken, m)
		}
	}
	ids := make([]int64, len(taken))
	for i, m := range taken {
		ids[i] = m.id
		heap.Push(&h.order, m)
	}
	return ids
}

func (h *hotSet) begin(now time.Time) call {
	clear(h.underway)
	ids := h.oldest(now, h.size)
	for _, id := range ids {
		h.underway[id] = true
	}
	return h.lookup.call(moka.ClassHotSet, ids)
}

func (h *hotSet) done(now time.Time, a answer) outcome {
	missing := append(absent(h.underway, a.page), h.lost...)
	return outcome{
		found: pageOf(a.page, h.lookup.endpoint(), schemas.ChannelPoll, false),
		then: func(t *tally) {
			h.worked(slices.Collect(maps.Keys(h.underway)))
			h.lost = nil
			h.turn(now)
			t.missing = append(t.missing, missing...)
		},
	}
}

// failed asks for fewer at once, and for others first.
func (h *hotSet) failed(now time.Time, _ error) {
	h.portion.failed(slices.Collect(maps.Keys(h.underway)))
	if len(h.underway) == 1 {
		h.turn(now)
	}
}

// turn has it be the turn of others, whatever came of the call.
func (h *hotSet) turn(now time.Time) {
	for id := range h.underway {
		if h.members[id] != nil {
			h.saw(id, true, now)
		}
	}
}

// count is how many applications are in the set.
func (h *hotSet) count() int { return len(h.members) }

// byAge implements heap.Interface.
type byAge []*member //nolint:recvcheck // heap.Interface wants both: Push and Pop change the slice itself

func (b byAge) Len() int { return len(b) }

func (b byAge) Less(i, j int) bool {
	if b[i].seen.Equal(b[j].seen) {
		return b[i].id < b[j].id
	}
	return b[i].seen.Before(b[j].seen)
}

func (b byAge) Swap(i, j int) {
	b[i], b[j] = b[j], b[i]
	b[i].at, b[j].at = i, j
}

func (b *byAge) Push(x any) {
	if m, ok := x.(*member); ok {
		m.at = len(*b)
		*b = append(*b, m)
	}
}

func (b *byAge) Pop() any {
	all := *b
	last := all[len(all)-1]
	all[len(all)-1] = nil
	*b = all[:len(all)-1]
	return last
}
