package normalize

import (
	"reflect"
	"strings"
	"time"

	"github.com/mokafka/mokafka/schemas"
)

// envelope is what stands around the data of a webhook.
type envelope struct {
	ID          *string    `avro:"id"`
	Event       *string    `avro:"event"`
	TriggeredAt *time.Time `avro:"triggered_at"`
}

var envelopeKeys = recordOf[envelope](map[string]row{
	"id":          text("id"),
	"event":       text("event"),
	"triggeredAt": instant("triggered_at"),
})

// webhook reads a whole webhook. It calls data where the object of that name
// begins, again if it comes again, with nothing in extra; what else it finds is
// in extra afterwards. On a body of another outline r.err is set.
func (r *reader) webhook(data func()) (env envelope) {
	if r.peek() != '{' {
		r.value()
		r.fail(&Error{Class: Malformed, Path: "$"})
		return env
	}
	found := false
	r.enter("$")
	envelopeKeys.read(r, reflect.ValueOf(&env).Elem(), func(key string) bool {
		if !strings.EqualFold(key, "data") {
			return false
		}
		if r.peek() != '{' {
			r.value()
			r.fail(&Error{Class: Malformed, Path: "data"})
			return true
		}
		found = true
		r.leave()
		around := r.extra
		r.extra = nil
		data()
		r.extra = around
		r.enter("$")
		return true
	})
	r.leave()
	r.end()
	if !found {
		r.fail(&Error{Class: Malformed, Path: "data"})
	}
	return env
}

// observation makes one of the webhook e, whose envelope is env.
func (env envelope) observation(e *schemas.JournalEntry, act Act, feed schemas.Feed, entity Entity) Observation {
	at := e.TriggeredAt
	if at == nil {
		at = env.TriggeredAt
	}
	return Observation{Act: act, Feed: feed, Entity: entity, UpdatedAt: at, ReadAt: e.ReceivedAt}
}
