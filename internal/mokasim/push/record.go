package push

import (
	"sync"
	"time"
)

// Outcome of a push.
const (
	Delivered = "delivered"
	Refused   = "refused"   // answered, but not with success
	Failed    = "failed"    // no answer at all, after every attempt
	Abandoned = "abandoned" // the simulator stopped before it was settled
)

// Attempt is one HTTP request.
type Attempt struct {
	At       time.Time `json:"at"`
	Millis   float64   `json:"millis"`
	Status   int       `json:"status,omitempty"` // 0: no answer
	Error    string    `json:"error,omitempty"`
	TimedOut bool      `json:"timedOut,omitempty"`
}

// Record is what became of one push.
type Record struct {
	Seq            uint64    `json:"seq"` // from 1, in the order in which pushes were settled
	Origin         string    `json:"origin"`
	Event          string    `json:"event"`
	WebhookID      string    `json:"webhookId"`
	TriggeredAt    int64     `json:"triggeredAt"` // Unix seconds
	ApplicationIDs []int64   `json:"applicationIds"`
	Encrypted      bool      `json:"encrypted,omitempty"`
	Key            string    `json:"key"`
	Door           string    `json:"door,omitempty"` // "" is rest
	Tampered       bool      `json:"tampered,omitempty"`
	Duplicate      bool      `json:"duplicate,omitempty"` // the same bytes again, on purpose
	Attempts       []Attempt `json:"attempts"`
	Outcome        string    `json:"outcome"`
	Status         int       `json:"status,omitempty"` // of the last answer
	Shown          string    `json:"shown,omitempty"`  // what Moka shows to the person
	Redirect       *Redirect `json:"redirectUrl,omitempty"`
	Answer         string    `json:"answer,omitempty"` // the last answer's body, cut at 4 KiB
	Body           string    `json:"body,omitempty"`   // as sent
}

// Redirect is where the person's browser is sent after the push.
type Redirect struct {
	PC     string `json:"pcUrl,omitempty"`
	Mobile string `json:"mobileUrl,omitempty"`
}

// Totals counts pushes since the start.
type Totals struct {
	Pushes    uint64 `json:"pushes"`
	Requests  uint64 `json:"requests"`
	Delivered uint64 `json:"delivered"`
	Refused   uint64 `json:"refused"`
	Failed    uint64 `json:"failed"`
	Abandoned uint64 `json:"abandoned"`
}

// History remembers the last pushes. It is safe for concurrent use.
type History struct {
	mu     sync.Mutex
	size   int
	last   []Record // oldest first, at most 2*size before it is cut to size
	totals Totals
}

// NewHistory remembers the last size pushes.
func NewHistory(size int) *History { return &History{size: size} }

// Add numbers and keeps a record, and returns it with its number.
func (h *History) Add(record Record) Record {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.totals.Pushes++
	h.totals.Requests += uint64(len(record.Attempts))
	switch record.Outcome {
	case Delivered:
		h.totals.Delivered++
	case Refused:
		h.totals.Refused++
	case Failed:
		h.totals.Failed++
	default:
		h.totals.Abandoned++
	}
	record.Seq = h.totals.Pushes
	h.last = append(h.last, record)
	if len(h.last) >= 2*h.size {
		h.last = append([]Record(nil), h.last[len(h.last)-h.size:]...)
	}
	return record
}

// Last returns up to n records, oldest first, and the totals.
func (h *History) Last(n int) ([]Record, Totals) {
	h.mu.Lock()
	defer h.mu.Unlock()
	n = min(n, h.size, len(h.last))
	return append([]Record{}, h.last[len(h.last)-n:]...), h.totals
}
