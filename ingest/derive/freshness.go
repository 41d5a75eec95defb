package derive

import (
	"time"

	"github.com/mokafka/mokafka/schemas"
)

// age is when a change happened by Moka's time, for the metrics: how old it is
// shows when its event is committed.
type age struct {
	family, channel string
	at              time.Time
}

// noteAges remembers when the changes of an entry happened. What is history when it
// is read (backfill, sweep, replay), first sights, and what Moka gives no time for
// say nothing about how fresh the topics are.
func (d *deriver) noteAges(entry *schemas.JournalEntry, steps []Step) {
	if entry.Channel != schemas.ChannelWebhook && entry.Channel != schemas.ChannelPoll {
		return
	}
	for _, s := range steps {
		for _, ev := range s.Outcome.Events {
			if op, at := happened(ev.Value); at != nil && op != schemas.OperationSnapshot && op != schemas.OperationCreate {
				d.ages = append(d.ages, age{s.Family.String(), string(entry.Channel), *at})
			}
		}
	}
}

func happened(event any) (schemas.Operation, *time.Time) {
	switch e := event.(type) {
	case *schemas.CandidateEvent:
		return e.Op, e.OccurredAt
	case *schemas.OfferEvent:
		return e.Op, e.OccurredAt
	case *schemas.InterviewEvent:
		return e.Op, e.OccurredAt
	case *schemas.HeadcountEvent:
		return e.Op, e.OccurredAt
	default:
		return "", nil
	}
}
