package recovery

import (
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/mokafka/mokafka/schemas"
)

// The headers of marks: each names the id of the letter that is done.
const (
	RedrivesHeader = "moka_redrives"
	DropsHeader    = "moka_drops"
)

// The headers of what was redriven: the id of its letter, and which attempt this
// is, 2 for the first time.
const (
	RedrivenHeader = "moka_redriven"
	AttemptHeader  = "moka_attempt"
)

// Done says how a letter was done with; the zero value that it is open.
type Done string

// The ways.
const (
	Open     Done = ""
	Redriven Done = "redriven"
	Dropped  Done = "dropped"
)

// Letter is a dead letter without its bytes. It holds no personal data.
type Letter struct {
	ID    string                  `json:"id"`
	Stage schemas.DeadLetterStage `json:"stage"`
	Class string                  `json:"class"`
	Text  string                  `json:"text"`
	// At is when it was refused, at last where it was several times.
	At       time.Time `json:"at"`
	Attempts int32     `json:"attempts"`
	Endpoint string    `json:"endpoint,omitempty"`
	// Key is that of the record, "" for none.
	Key         string                `json:"key,omitempty"`
	Origin      *schemas.RecordOrigin `json:"-"`
	ContentType string                `json:"content_type"`
	// Bytes is the size of the body, 0 where the letter has none.
	Bytes int `json:"bytes"`
	// Times is how often it was written under this id, at least 1.
	Times int `json:"times"`
	// Partition and Offset are where it is first in the dead-letter topic.
	Partition int32 `json:"partition"`
	Offset    int64 `json:"offset"`

	// Done says whether, DoneAt when and Reason why it was done with.
	Done   Done       `json:"done,omitempty"`
	DoneAt *time.Time `json:"done_at,omitempty"`
	Reason string     `json:"reason,omitempty"`
}

// letterOf takes the letter out of its record.
func letterOf(rec *kgo.Record, l *schemas.DeadLetter) Letter {
	letter := Letter{
		ID: l.ID, Stage: l.Stage, Class: l.ErrorClass, Text: l.ErrorText, At: l.OccurredAt, Attempts: l.Attempts,
		Origin: l.Origin, ContentType: l.ContentType, Bytes: len(l.Body), Times: 1,
		Partition: rec.Partition, Offset: rec.Offset,
	}
	if l.Endpoint != nil {
		letter.Endpoint = *l.Endpoint
	}
	if l.Key != nil {
		letter.Key = *l.Key
	}
	return letter
}

// mark is a letter's end.
type mark struct {
	done   Done
	letter string
	at     time.Time
	reason string
}

// markOf reads a mark; ok is false for a letter.
func markOf(rec *kgo.Record, l *schemas.DeadLetter) (m mark, ok bool) {
	for _, h := range rec.Headers {
		switch h.Key {
		case RedrivesHeader:
			return mark{Redriven, string(h.Value), l.OccurredAt, l.ErrorText}, true
		case DropsHeader:
			return mark{Dropped, string(h.Value), l.OccurredAt, l.ErrorText}, true
		}
	}
	return mark{}, false
}

// Filter says which letters are meant. Its zero value means all that are open.
type Filter struct {
	// IDs, Stages and Classes are alternatives; none means any.
	IDs     []string
	Stages  []schemas.DeadLetterStage
	Classes []string
	// Key is the record's; "" means any.
	Key string
	// Since and Until bound when a letter was refused: from Since on and before
	// Until. Zero means unbounded.
	Since, Until time.Time
	// Done includes letters that are done with.
	Done bool
	// Limit is how many are wanted at the most, 0 for all: the oldest ones.
	Limit int
}

func (f Filter) takes(l *Letter) bool {
	switch {
	case l.Done != Open && !f.Done,
		f.Key != "" && l.Key != f.Key,
		len(f.IDs) > 0 && !slices.Contains(f.IDs, l.ID),
		len(f.Stages) > 0 && !slices.Contains(f.Stages, l.Stage),
		len(f.Classes) > 0 && !slices.Contains(f.Classes, l.Class),
		!f.Since.IsZero() && l.At.Before(f.Since),
		!f.Until.IsZero() && !l.At.Before(f.Until):
		return false
	}
	return true
}
