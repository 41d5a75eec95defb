package writeback

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/mokafka/mokafka/schemas"
)

// memory is what the worker remembers of one application or headcount, in the
// record keyed memory:<root>.
type memory struct {
	// Own are the latest changes that commands made.
	Own []Change `json:"own,omitempty"`
	// Parked is set while commands wait for an operator.
	Parked *parking `json:"parked,omitempty"`
}

// parking says why commands wait, and which.
type parking struct {
	// Command is the one that failed, At the offset of the record it failed under:
	// an operator's word from before does not count.
	Command string    `json:"command"`
	At      int64     `json:"at"`
	Since   time.Time `json:"since"`
	Reason  string    `json:"reason"`
	Waiting []waiting `json:"waiting,omitempty"`
}

type waiting struct {
	ID     string `json:"id"`
	Offset int64  `json:"offset"`
}

// ownMost bounds what is remembered of own changes: a command that is older than
// the last so many changes of its application is a rarity, and is then refused as
// superseded.
const ownMost = 32

func memoryKey(root string) string { return schemas.ReservedIDs + root }

func readMemory(entry *schemas.WritebackResult) (memory, error) {
	var m memory
	if entry == nil || entry.Memory == nil {
		return m, nil
	}
	if err := json.Unmarshal([]byte(*entry.Memory), &m); err != nil {
		return m, fmt.Errorf("read what is remembered of an application: %w", err)
	}
	return m, nil
}

// with returns m with a change more.
func (m memory) with(c Change) memory {
	own := append(append([]Change(nil), m.Own...), c)
	m.Own = own[max(0, len(own)-ownMost):]
	return m
}

// record is the value that keeps m: the application's last result with it.
func (m memory) record(last *schemas.WritebackResult) *schemas.WritebackResult {
	r := *last
	r.Memory = jsonText(m)
	return &r
}

// baselineOf reads what was seen before an intent, nil where nothing was.
func baselineOf(intent *schemas.WritebackResult) *baseline {
	if intent.Memory == nil {
		return nil
	}
	b := new(baseline)
	if json.Unmarshal([]byte(*intent.Memory), b) != nil {
		return nil
	}
	return b
}

func (p *parking) holds(id string) bool {
	for _, w := range p.Waiting {
		if w.ID == id {
			return true
		}
	}
	return false
}

// plus returns p with one waiting more, minus with one less.
func (p *parking) plus(w waiting) *parking {
	q := *p
	q.Waiting = append(append([]waiting(nil), p.Waiting...), w)
	return &q
}

func (p *parking) minus(id string) *parking {
	q := *p
	q.Waiting = nil
	for _, w := range p.Waiting {
		if w.ID != id {
			q.Waiting = append(q.Waiting, w)
		}
	}
	return &q
}
