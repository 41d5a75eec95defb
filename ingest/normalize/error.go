package normalize

import (
	"errors"
	"strconv"
)

// ErrUnknownEvent says that an entry is of an event that Moka does not
// document. There is nothing to derive from it.
var ErrUnknownEvent = errors.New("webhook of an unknown event")

// Class tells the kinds of Error apart.
type Class string

const (
	// Malformed: the body is not JSON, or its outline is not a webhook's.
	Malformed Class = "malformed"
	// MissingID: the id of an application or interview is absent or unreadable.
	MissingID Class = "missing_id"
	// WrongApplication: the body is not about the entry's application.
	WrongApplication Class = "wrong_application"
)

// Error says why an entry cannot be read. It is permanent: the entry will not
// read better another time. It never holds a value from the body, so that it
// may be logged.
type Error struct {
	Class Class
	// Path is the place in the body in Moka's names, such as
	// data.applicationId; empty when the body is not JSON.
	Path string
	// Offset is the byte at which a body stops being JSON.
	Offset int64
}

func (e *Error) Error() string {
	switch {
	case e.Class == Malformed && e.Path == "":
		return "the body is not JSON from byte " + strconv.FormatInt(e.Offset, 10)
	case e.Class == Malformed:
		return e.Path + " is not of the documented form"
	case e.Class == MissingID:
		return e.Path + " is missing or not an id"
	default:
		return e.Path + " does not name the application of the entry"
	}
}
