package mokasim

import (
	"sync"
	"time"

	"github.com/mokafka/mokafka/internal/mokasim/company"
)

// Entry is one change in the log of what the company did: the log is complete,
// so that what came of Moka's answers and pushes can be compared with it.
type Entry struct {
	Seq            uint64       `json:"seq"`    // from 1, without gaps
	At             time.Time    `json:"at"`     // by Moka's clock, as Moka's answers show it
	RealAt         time.Time    `json:"realAt"` // by ours
	Kind           company.Kind `json:"kind"`
	Origin         string       `json:"origin"`             // life, trigger, burst or api
	Operator       string       `json:"operator,omitempty"` // of a change by the API
	ApplicationIDs []int64      `json:"applicationIds"`     // empty for headcounts' own changes
	InterviewIDs   []int64      `json:"interviewIds,omitempty"`
	HeadcountID    int64        `json:"headcountId,omitempty"`
	From           string       `json:"from,omitempty"` // for people: a stage's name, a reason
	To             string       `json:"to,omitempty"`
	Field          string       `json:"field,omitempty"` // what changed: company's Field constants
	Was            string       `json:"was,omitempty"`   // its values
	Is             string       `json:"is,omitempty"`
	// Quiet: the applications' updatedAt did not move.
	Quiet bool `json:"quiet,omitempty"`
	// Of the first application, right after the change:
	CandidateID int64     `json:"candidateId,omitempty"`
	Stage       string    `json:"stage,omitempty"`
	StageID     int64     `json:"stageId,omitempty"`
	OfferStatus string    `json:"offerStatus,omitempty"`
	UpdatedAt   time.Time `json:"updatedAt"` // or the headcount's
	// Of the webhook, if the change has one and a webhook is set up:
	Event       string `json:"event,omitempty"`
	WebhookID   string `json:"webhookId,omitempty"`
	TriggeredAt int64  `json:"triggeredAt,omitempty"` // Unix seconds
}

func entryOf(change company.Change) Entry {
	entry := Entry{
		Seq: change.Seq, At: change.At.UTC(), Kind: change.Kind, Operator: change.Operator, ApplicationIDs: []int64{},
		From: change.From, To: change.To, Field: change.Field, Was: change.Was, Is: change.Is, Quiet: change.Quiet,
	}
	for n, app := range change.Applications {
		entry.ApplicationIDs = append(entry.ApplicationIDs, app.ID)
		if n > 0 {
			continue
		}
		entry.CandidateID, entry.Stage, entry.StageID = app.Candidate.ID, app.Stage.Name, app.Stage.ID
		entry.UpdatedAt = app.UpdatedAt.UTC()
		if app.Offer != nil {
			entry.OfferStatus = app.Offer.Status
		}
	}
	if change.Meeting != nil {
		for _, interview := range change.Meeting.Interviews {
			entry.InterviewIDs = append(entry.InterviewIDs, interview.ID)
		}
	}
	if h := change.Headcount; h != nil {
		entry.HeadcountID = h.ID
		if len(change.Applications) == 0 {
			entry.UpdatedAt = h.UpdatedAt.UTC()
		}
	}
	return entry
}

// changelog remembers the last changes: size of them, or a quarter more.
type changelog struct {
	mu      sync.Mutex
	size    int
	total   uint64
	entries []Entry
}

func (l *changelog) add(entry Entry) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.total++
	l.entries = append(l.entries, entry)
	if len(l.entries) >= l.size+l.size/4+1 {
		l.entries = append([]Entry(nil), l.entries[len(l.entries)-l.size:]...)
	}
}

// page returns up to limit entries after a number, oldest first, how many there
// ever were, and how many of those wanted are forgotten.
func (l *changelog) page(after uint64, limit int) (page []Entry, total, forgotten uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	first := l.total - uint64(len(l.entries)) // entries[0] is number first+1
	if after < first {
		forgotten = first - after
		after = first
	}
	from := min(int(min(after, l.total)-first), len(l.entries))
	to := min(from+limit, len(l.entries))
	return append([]Entry{}, l.entries[from:to]...), l.total, forgotten
}

func (l *changelog) count() uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.total
}
