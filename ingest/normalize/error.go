package normalize

import (
	"errors"
	"strconv"
)

// ErrUnknownEvent says that an entry is of an event that Moka does not document,
// or of an endpoint whose answers are not read here. There is nothing to derive
// from it.
var ErrUnknownEvent = errors.New("entry of an unknown event or endpoint")

// Class tells the kinds of Error apart.
type Class string

const (
	// Malformed: the body is not JSON, or not of the outline of its feed.
	Malformed Class = "malformed"
	// MissingID: the id of an application, headcount or interview is absent or
	// unreadable.
	MissingID Class = "missing_id"
	// WrongApplication: the body is not about the entry's application.
	WrongApplication Class = "wrong_application"
	// WrongHeadcount: the body is not about the entry's headcount.
	WrongHeadcount Class = "wrong_headcount"
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
	case e.Class == WrongHeadcount:
		return e.Path + " does not name the headcount of the entry"
	default:
		return e.Path + " does not name the application of the entry"
	}
}
