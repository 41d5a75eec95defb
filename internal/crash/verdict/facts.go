package verdict

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/mokafka/mokafka/internal/crash/replica"
	"github.com/mokafka/mokafka/internal/crash/site"
	simulated "github.com/mokafka/mokafka/internal/mokasim/company"
	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
)

// Facts are what the simulator and the topics both speak of, by name, in the words of
// the topics. What is not known is not there.
type Facts map[string]string

func (f Facts) at(name string, at *time.Time) {
	if at != nil {
		f[name] = at.UTC().Format(time.RFC3339Nano)
	}
}

func number[T ~int64 | ~int32 | ~int](f Facts, name string, n *T) {
	if n != nil {
		f[name] = fmt.Sprint(*n)
	}
}

// hiredReason is how Moka says that somebody was hired, in the reason of the
// archiving: its applications have no other field for it.
const hiredReason = "已入职"

// factsOf are those of an entity, a pointer to its record.
func factsOf(entity any) Facts {
	f := Facts{}
	switch e := entity.(type) {
	case *schemas.Candidate:
		if e.Stage != nil {
			number(f, "stage", e.Stage.ID)
		}
		if e.Archived != nil {
			f["archived"] = strconv.FormatBool(*e.Archived)
			f["hired"] = strconv.FormatBool(e.HiredAt != nil || e.ArchiveReason != nil && *e.ArchiveReason == hiredReason)
		}
	case *schemas.Offer:
		if e.Status != nil {
			f["offer_status"] = string(*e.Status)
		}
		if e.ApprovalStatus != nil {
			f["offer_approval"] = string(*e.ApprovalStatus)
		}
	case *schemas.Interview:
		if e.Status != nil {
			f["interview_status"] = string(*e.Status)
		}
		f.at("starts_at", e.StartsAt)
		f["feedback"] = strconv.FormatBool(slices.ContainsFunc(e.Feedbacks, func(one schemas.InterviewerFeedback) bool { return one.FeedbackAt != nil }))
	case *schemas.Headcount:
		if e.Status != nil {
			f["headcount_status"] = *e.Status
		}
		number(f, "headcount_need", e.Needed)
	}
	return f
}

// word is the topics' word for one of the simulator's.
func word(text string) string {
	switch text {
	case simulated.OfferPending:
		return string(schemas.OfferStatusPending)
	case simulated.OfferSent:
		return string(schemas.OfferStatusSent)
	case simulated.OfferAccepted:
		return string(schemas.OfferStatusAccepted)
	case simulated.OfferRejected:
		return string(schemas.OfferStatusRejected)
	case simulated.ApprovalInProgress:
		return "IN_PROGRESS"
	case simulated.MeetingOpen:
		return "UNFINISHED"
	case simulated.MeetingFinished:
		return "FINISHED"
	case simulated.MeetingCancelled:
		return "CANCELLED"
	}
	return text
}

// Truth is what is so, by the key of the state.
type Truth map[string]Facts

// TruthOf takes the simulator's word for it.
func TruthOf(applications []simulated.Truth, headcounts []simulated.HeadcountTruth) Truth {
	truth := Truth{}
	for _, its := range applications {
		id := its.ApplicationID
		truth[publish.CandidateKey(site.Org, id)] = Facts{
			"stage": strconv.FormatInt(its.StageID, 10), "archived": strconv.FormatBool(its.Archived), "hired": strconv.FormatBool(its.Hired),
		}
		if its.OfferStatus != "" {
			truth[publish.OfferKey(site.Org, id)] = Facts{"offer_status": word(its.OfferStatus), "offer_approval": word(its.OfferApproval)}
		}
		for _, iv := range its.Interviews {
			f := Facts{"interview_status": word(iv.Status), "feedback": strconv.FormatBool(iv.Feedbacks > 0)}
			f.at("starts_at", &iv.Start)
			truth[publish.InterviewKey(site.Org, id, strconv.FormatInt(iv.ID, 10))] = f
		}
	}
	for _, its := range headcounts {
		truth[publish.HeadcountKey(site.Org, its.ID)] = Facts{"headcount_status": its.Status, "headcount_need": strconv.Itoa(its.Need)}
	}
	return truth
}

// feedbackOnly tells of a feedback that stands for an interview of its own.
func feedbackOnly(entity string) bool {
	_, id, ok := strings.Cut(entity, ":iv:")
	return ok && strings.Trim(id, "0123456789") != ""
}

// made tells of an application that only the tests have.
func made(entity string) bool {
	_, rest, ok := strings.Cut(entity, ":app:")
	text, _, _ := strings.Cut(rest, ":")
	id, err := strconv.ParseInt(text, 10, 64)
	return ok && err == nil && id >= replica.FirstID
}
