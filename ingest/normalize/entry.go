package normalize

import (
	"strings"
	"time"

	"github.com/mokafka/mokafka/schemas"
)

// Options of the mapper; the zero value is Moka's own.
type Options struct {
	// Location is the zone of times that name none, and the one whose days dates
	// are; nil means Beijing, eight hours ahead of UTC.
	Location *time.Location
}

// Entry says what e, a webhook, tells of the entities of its application:
//
//   - pushCandidate gives the candidate, Pushed, and the offer, Seen, if
//     data.offer says anything;
//   - createInterviewsInfo and updateInterviewsInfo give, Seen, each of
//     data.interviews that concerns the application, which is one that lists it
//     in its applicationIds, or has none while data.applicationIds lists it;
//   - deleteInterviewsInfo gives the same interviews, Gone. Moka does not
//     document its payload: the form of the other two is read, bare event_ids in
//     place of the interviews, and a list of them as data.event_id.
//
// A body in XML, from the SOAP door, is read like its cousin in JSON; the payload
// of the Zhiren door, which has no envelope, like the data of pushCandidate, with
// the application id that is derived from its id.
//
// There may be no observation at all. The status of an interview and who changed
// it are in no webhook; a candidate's id is given to an interview that has just
// one interviewee and one application.
//
// It fails with ErrUnknownEvent or an *Error, which are both permanent. Neither
// e nor its body is changed or kept.
func Entry(e *schemas.JournalEntry, opts Options) ([]Observation, error) {
	if opts.Location == nil {
		opts.Location = beijing
	}
	if e.Event == nil {
		return nil, ErrUnknownEvent
	}
	if e.Endpoint == zhirenEndpoint {
		return zhirenPush(e, opts)
	}
	e, err := readable(e)
	if err != nil {
		return nil, err
	}
	switch {
	case strings.EqualFold(*e.Event, "pushCandidate"):
		return push(e, opts)
	case strings.EqualFold(*e.Event, "createInterviewsInfo"):
		return interviews(e, opts, created)
	case strings.EqualFold(*e.Event, "updateInterviewsInfo"):
		return interviews(e, opts, updated)
	case strings.EqualFold(*e.Event, "deleteInterviewsInfo"):
		return interviews(e, opts, deleted)
	default:
		return nil, ErrUnknownEvent
	}
}
