package normalize

import (
	"crypto/sha256"
	"encoding/hex"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/mokafka/mokafka/schemas"
)

// feedbackHead is what an item of v1/data/interviewer_feedbacks says beside the
// feedback.
type feedbackHead struct {
	ApplicationID *int64     `avro:"application_id"`
	UpdatedAt     *time.Time `avro:"updated_at"`
}

var feedbackHeadKeys = recordOf[feedbackHead](map[string]row{
	"applicationId": long("application_id"),
	"updatedAt":     instant("updated_at"),
})

// loneFeedback reads an item of v1/data/interviewer_feedbacks. Whether there was
// an interview it does not say, so that it does not speak for without_interview.
func loneFeedback(e *schemas.JournalEntry, opts Options) ([]Observation, error) {
	r := newReader(e.Body, opts.Location)
	var head feedbackHead
	var given schemas.InterviewerFeedback
	a := arranged{interview: &schemas.Interview{}}
	var ignored, said bitset
	err := r.whole(func() {
		inHead := feedbackHeadKeys.beside(r, reflect.ValueOf(&head).Elem(), &ignored)
		inInterview := feedbackInterview.beside(r, reflect.ValueOf(a.interview).Elem(), &a.spoken)
		said = feedbackGiven.read(r, reflect.ValueOf(&given).Elem(), func(key string) bool {
			return inHead(key) || inInterview(key)
		})
	})
	switch {
	case err != nil:
		return nil, err
	case head.ApplicationID == nil:
		return nil, &Error{Class: MissingID, Path: "applicationId"}
	case e.ApplicationID == nil || *e.ApplicationID != *head.ApplicationID:
		return nil, &Error{Class: WrongApplication, Path: "applicationId"}
	}
	i := a.interview
	i.OrgID, i.ApplicationID = e.OrgID, *head.ApplicationID
	i.InterviewID = feedbackID(i.ApplicationID, i.RoundID, given.Interviewer)
	if said != (bitset{}) {
		a.spoken.add(feedbackInterview.bit("feedbacks"))
	}
	if !reflect.ValueOf(given).IsZero() {
		i.Feedbacks = []schemas.InterviewerFeedback{given}
	}
	a.extra = r.extra
	seen := shown(e, schemas.FeedFeedbackFeed, head.UpdatedAt)
	seen.Entity, seen.Carries = i, a.settle()
	return []Observation{seen}, nil
}

// feedbackID is the id of a feedback for which Moka names no interview:
// "feedback-" and 24 hexadecimal digits of the SHA-256 of the application, the
// round (a number, or nothing) and the interviewer: the e-mail address in lower
// case, or else the name, the employee number or the id in Moka, whichever is
// there first. It is the same in each feed that shows the feedback, and part of
// keys, so that it must not name a person.
func feedbackID(application int64, round *int64, interviewer *schemas.Person) string {
	text := strconv.FormatInt(application, 10) + "\x00"
	if round != nil {
		text += strconv.FormatInt(*round, 10)
	}
	sum := sha256.Sum256([]byte(text + "\x00" + nameOf(interviewer)))
	return "feedback-" + hex.EncodeToString(sum[:12])
}

// nameOf is what tells a person from others.
func nameOf(p *schemas.Person) string {
	if p == nil {
		return ""
	}
	for _, text := range []*string{p.Email, p.Name, p.EmployeeNumber} {
		if text != nil {
			if name := strings.ToLower(strings.TrimSpace(*text)); name != "" {
				return name
			}
		}
	}
	if p.ID != nil {
		return strconv.FormatInt(*p.ID, 10)
	}
	return ""
}

// identify gives the interviews of an application that have no id the one of
// their feedback. Of several feedbacks of one interviewer in one round the first
// given has it; -2, -3 and so on follow in the id of the others.
func identify(application int64, all []arranged) {
	var without []*schemas.Interview
	for _, a := range all {
		if a.interview.InterviewID == "" {
			without = append(without, a.interview)
		}
	}
	slices.SortStableFunc(without, func(a, b *schemas.Interview) int {
		return whenOr0(a.CreatedAt).Compare(whenOr0(b.CreatedAt))
	})
	times := map[string]int{}
	for _, i := range without {
		var interviewer *schemas.Person
		if len(i.Feedbacks) > 0 {
			interviewer = i.Feedbacks[0].Interviewer
		}
		id := feedbackID(application, i.RoundID, interviewer)
		if times[id]++; times[id] > 1 {
			id += "-" + strconv.Itoa(times[id])
		}
		i.InterviewID = id
	}
}

func whenOr0(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}
