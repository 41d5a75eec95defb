package normalize

import (
	"reflect"
	"strings"

	"github.com/mokafka/mokafka/schemas"
)

// batch reads the data of an interview webhook.
func (r *reader) batch(event interviewEvent) *batch {
	b := &batch{event: event}
	b.spoken = arrangement.read(r, reflect.ValueOf(&b.common).Elem(), func(key string) bool {
		switch {
		case strings.EqualFold(key, "interviews"):
			r.forget(b.notInterviews)
			from := len(r.extra)
			b.found, b.all = true, nil
			r.enter("interviews")
			r.elements(func() { b.element(r) })
			r.leave()
			b.notInterviews = span{from, len(r.extra)}
		case event == deleted && isEventID(key):
			b.found = true
			for _, id := range r.ids() {
				b.all = append(b.all, arranged{interview: &schemas.Interview{InterviewID: id}})
			}
		default:
			return false
		}
		return true
	})
	b.extra = r.extra
	return b
}

func isEventID(key string) bool {
	return strings.EqualFold(key, "event_id") || strings.EqualFold(key, "eventId") ||
		strings.EqualFold(key, "event_ids") || strings.EqualFold(key, "eventIds")
}

// element reads one of data.interviews.
func (b *batch) element(r *reader) {
	around := r.extra
	a := arranged{interview: &schemas.Interview{}}
	switch {
	case r.peek() == '{':
		r.path[len(r.path)-1].index = anyElement
		r.extra = nil
		var ids []string
		a.spoken = interview.read(r, reflect.ValueOf(a.interview).Elem(), func(key string) bool {
			if !isEventID(key) {
				return false
			}
			ids = r.ids()
			return true
		})
		a.extra = r.extra
		r.extra = around
		b.add(a, ids)
	case b.event == deleted:
		if id, ok := r.bare(r.value()); ok && id != "" {
			a.interview.InterviewID = id
			b.all = append(b.all, a)
		}
	default:
		r.keep(r.value())
	}
}

// add adds a, which has the given ids: one, or where interviews are deleted
// perhaps several. One without an id of its own is found out later, if it
// concerns the application.
func (b *batch) add(a arranged, ids []string) {
	if len(ids) == 1 {
		a.interview.InterviewID = ids[0]
	}
	if len(ids) < 2 || b.event != deleted {
		b.all = append(b.all, a)
		return
	}
	for _, id := range ids {
		each := *a.interview
		each.InterviewID = id
		b.all = append(b.all, arranged{interview: &each})
	}
}

// eventIDs reads an id, or a list of them: the document calls event_id a list
// and shows a text.
var eventIDs = texts("event_id").kind

func (r *reader) ids() []string {
	var read struct{ IDs []string }
	eventIDs.set(r, place{reflect.ValueOf(&read).Elem(), []int{0}}, false)
	return read.IDs
}
