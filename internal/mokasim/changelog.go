package mokasim

import (
	"sync"
	"time"

	"github.com/mokafka/mokafka/internal/mokasim/company"
)

// Entry is one change in the log of what the company did.
type Entry struct {
	Seq            uint64       `json:"seq"` // from 1, without gaps
	At             time.Time    `json:"at"`
	Kind           company.Kind `json:"kind"`
	ApplicationIDs []int64      `json:"applicationIds"`
	InterviewIDs   []int64      `json:"interviewIds,omitempty"`
	From           string       `json:"from,omitempty"`
	To             string       `json:"to,omitempty"`
	// Of the first application, right after the change:
	CandidateID int64  `json:"candidateId"`
	Stage       string `json:"stage"`
	OfferStatus string `json:"offerStatus,omitempty"`
	// Of the webhook, if the change has one and a webhook is set up:
	Event       string `json:"event,omitempty"`
	WebhookID   string `json:"webhookId,omitempty"`
	TriggeredAt int64  `json:"triggeredAt,omitempty"` // Unix seconds
}

func entryOf(change company.Change) Entry {
	first := change.Applications[0]
	entry := Entry{
		Seq: change.Seq, At: change.At.UTC(), Kind: change.Kind, From: change.From, To: change.To,
		CandidateID: first.Candidate.ID, Stage: first.Stage.Name,
	}
	if first.Offer != nil {
		entry.OfferStatus = first.Offer.Status
	}
	for _, app := range change.Applications {
		entry.ApplicationIDs = append(entry.ApplicationIDs, app.ID)
	}
	if change.Meeting != nil {
		for _, interview := range change.Meeting.Interviews {
			entry.InterviewIDs = append(entry.InterviewIDs, interview.ID)
		}
	}
	return entry
}

// changelog remembers the last changes, between size and 2*size of them.
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
	if len(l.entries) >= 2*l.size {
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
