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

// Entry says what e tells of the entities of its application or headcount. A
// webhook, be its body in JSON, in XML from the SOAP door (read like its cousin in
// JSON) or the payload of the Zhiren door (like the data of pushCandidate, with
// the application id that is derived from its id):
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
// What was polled, by its endpoint; the body is one item, all are Seen:
//
//   - v2/data/ehrApplications gives the candidate; the offer, or Gone if the key
//     offerInfo is there with nothing in it; and each of interviewInfo;
//   - v1/data/ehrApplications and v1/data/movedApplications give the candidate,
//     and the offer if there is one. That they show none says nothing: they may
//     leave it out by stage, and a deletion is believed whoever reports it;
//   - v1/data/headcounts and v1/headcount give the headcount;
//   - v1/interviews gives the interview of the entry's application, one of its
//     candidates;
//   - v1/data/interviewer_feedbacks gives an interview with that one feedback,
//     whose id is of a form of its own: the feed does not say of which interview
//     it is;
//   - sweep, with the event gone, gives the candidate or headcount, Gone; no body
//     is read.
//
// An entry of a replay is read by its endpoint, as the entry that it repeats.
//
// There may be no observation at all. The status of an interview and who changed
// it are in no webhook; a candidate's id is given to an interview that has just
// one interviewee and one application, or that stands beside the candidate.
//
// It fails with ErrUnknownEvent, also for what this package leaves to others
// (entries of write-back), or an *Error; both are permanent. Neither e nor its
// body is changed or kept.
func Entry(e *schemas.JournalEntry, opts Options) ([]Observation, error) {
	if opts.Location == nil {
		opts.Location = beijing
	}
	switch e.Channel {
	case schemas.ChannelWriteback:
		return nil, ErrUnknownEvent
	case schemas.ChannelPoll, schemas.ChannelBackfill, schemas.ChannelSweep:
		return polled(e, opts)
	case schemas.ChannelReplay:
		if !strings.HasPrefix(e.Endpoint, doors) {
			return polled(e, opts)
		}
		return webhook(e, opts)
	default:
		return webhook(e, opts)
	}
}

// doors begins the endpoints of what was pushed.
const doors = "webhook/"

// polled reads what a poll, a backfill or a sweep has journaled.
func polled(e *schemas.JournalEntry, opts Options) ([]Observation, error) {
	switch e.Endpoint {
	case "v2/data/ehrApplications":
		return application(e, opts)
	case "v1/data/ehrApplications":
		return flatApplication(e, opts, schemas.FeedEhrApplicationsV1)
	case "v1/data/movedApplications", "v1/data/moved_applications":
		return flatApplication(e, opts, schemas.FeedMovedApplications)
	case "v1/data/headcounts":
		return requisition(e, opts, schemas.FeedHeadcountFeed)
	case "v1/headcount":
		return requisition(e, opts, schemas.FeedHeadcountDetail)
	case "v1/interviews":
		return listedInterview(e, opts)
	case "v1/data/interviewer_feedbacks":
		return loneFeedback(e, opts)
	case "sweep":
		return gone(e)
	default:
		return nil, ErrUnknownEvent
	}
}

// webhook reads what came through one of the doors.
func webhook(e *schemas.JournalEntry, opts Options) ([]Observation, error) {
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
