package derive_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mokafka/mokafka/ingest/normalize"
	"github.com/mokafka/mokafka/schemas"
)

// offered is an offer as a read at second n shows it, with what was sent.
func offered(n int, status schemas.OfferStatus, sendings ...schemas.OfferSending) *normalize.Observation {
	o := &schemas.Offer{OrgID: "demo", ApplicationID: 7, Status: &status, Sendings: sendings}
	if len(sendings) > 0 {
		o.LastSentAt = sendings[len(sendings)-1].SentAt
	}
	if status == schemas.OfferStatusAccepted {
		o.AcceptedAt = ptr(at(n - 1))
	}
	return &normalize.Observation{
		Feed: schemas.FeedEhrApplicationsV2, Entity: o, UpdatedAt: ptr(at(n)), ReadAt: at(n),
		Carries: []string{"accepted_at", "last_sent_at", "sendings", "status"},
	}
}

func sending(n int, answer schemas.OfferStatus) schemas.OfferSending {
	return schemas.OfferSending{SentAt: ptr(at(n)), SentBy: &schemas.Person{ID: ptr(int64(n))}, Status: &answer, AnsweredThrough: ptr(schemas.OfferAnswerChannelCandidate)}
}

func TestOfferSentAndAnsweredBetweenTwoLooks(t *testing.T) {
	accepted, rejected := schemas.OfferStatusAccepted, schemas.OfferStatusRejected
	statusAlone := func(n int, status schemas.OfferStatus) *normalize.Observation {
		o := offered(n, status)
		o.Feed, o.Carries = schemas.FeedWebhookPush, []string{"status"}
		return o
	}
	undatedSending := offered(10, schemas.OfferStatusPending, sending(5, rejected))
	undatedSending.Entity.(*schemas.Offer).LastSentAt = nil
	for name, c := range map[string]struct {
		before, after *normalize.Observation
		want          []schemas.OfferEventType
	}{
		"accepted":                               {offered(10, schemas.OfferStatusPending), offered(60, accepted, sending(20, accepted)), []schemas.OfferEventType{"SENT", "ACCEPTED"}},
		"rejected":                               {offered(10, schemas.OfferStatusPending), offered(60, rejected, sending(20, rejected)), []schemas.OfferEventType{"SENT", "REJECTED"}},
		"sent again":                             {offered(10, rejected, sending(5, rejected)), offered(60, accepted, sending(5, rejected), sending(20, accepted)), []schemas.OfferEventType{"SENT", "ACCEPTED"}},
		"sent again and rejected again":          {offered(10, rejected, sending(5, rejected)), offered(60, rejected, sending(5, rejected), sending(20, rejected)), []schemas.OfferEventType{"SENT", "REJECTED"}},
		"known to be sent":                       {offered(10, schemas.OfferStatusSent, sending(5, schemas.OfferStatusSent)), offered(60, accepted, sending(5, accepted)), []schemas.OfferEventType{"ACCEPTED"}},
		"the sending was known":                  {offered(10, schemas.OfferStatusPending, sending(5, rejected)), offered(60, accepted, sending(5, accepted)), []schemas.OfferEventType{"ACCEPTED"}},
		"the sending was known, not by its time": {undatedSending, offered(60, accepted, sending(5, accepted)), []schemas.OfferEventType{"ACCEPTED"}},
		"only its history is new":                {statusAlone(10, accepted), offered(60, accepted, sending(5, accepted)), []schemas.OfferEventType{"UPDATED"}},
		"no history":                             {offered(10, schemas.OfferStatusPending), offered(60, accepted), []schemas.OfferEventType{"ACCEPTED"}},
		"first sight":                            {nil, offered(60, accepted, sending(20, accepted)), []schemas.OfferEventType{"CREATED"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := story{decider: newDecider(t)}
			if c.before != nil {
				s.next(t, c.before, "before")
			}
			out := s.next(t, c.after, "after")
			var got []schemas.OfferEventType
			var last *schemas.OfferEvent
			for _, event := range out.Events {
				ev := event.Value.(*schemas.OfferEvent)
				if last != nil && (!cmp.Equal(ev.Before, last.After, ratComparer) || ev.Version != last.Version+1 || ev.EventID == last.EventID) {
					t.Errorf("%s does not follow from %s", ev.Type, last.Type)
				}
				got, last = append(got, ev.Type), ev
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Errorf("told:\n%s", d)
			}
			if !cmp.Equal(last.After, s.state.(*schemas.OfferState).Entity, ratComparer) {
				t.Error("the state is not where the last event ended")
			}
		})
	}
}

func TestOfferIsSentAsItWasAndThenAnswered(t *testing.T) {
	s := story{decider: newDecider(t)}
	s.next(t, offered(10, schemas.OfferStatusPending), "before")
	out := s.next(t, offered(60, schemas.OfferStatusAccepted, sending(20, schemas.OfferStatusAccepted)), "after")
	sent, answer := out.Events[0].Value.(*schemas.OfferEvent), out.Events[1].Value.(*schemas.OfferEvent)
	if *sent.After.Status != schemas.OfferStatusSent || sent.After.AcceptedAt != nil || sent.After.Sendings[0].Status != nil ||
		!sent.OccurredAt.Equal(at(20)) || *sent.Source.Operator.ID != 20 {
		t.Errorf("as sent: %+v, occurred at %v", sent.After, sent.OccurredAt)
	}
	if d := cmp.Diff([]string{"status", "accepted_at", "sendings"}, answer.ChangedFields); d != "" {
		t.Errorf("the answer changed:\n%s", d)
	}
	if *answer.After.Sendings[0].Status != schemas.OfferStatusAccepted {
		t.Error("the answer was lost with the sending")
	}
}
