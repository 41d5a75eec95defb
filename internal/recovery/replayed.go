package recovery

import (
	"cmp"
	"slices"
	"time"
)

// Replayed is what a replay came to, or would.
type Replayed struct {
	From  time.Time `json:"from"`
	Until time.Time `json:"to"`
	// Revision is the mapper's.
	Revision int `json:"revision"`
	Findings
	// Sample are some of what differs, in the journal's order.
	Sample []Difference `json:"sample"`
}

// Findings are counts.
type Findings struct {
	// Entries of the range were read, Before them others for what they tell of the
	// feeds, and Waiting were left out since derive has not come to them.
	Entries int64 `json:"entries"`
	Before  int64 `json:"entries_before"`
	Waiting int64 `json:"entries_waiting"`
	// Entities were looked at.
	Entities int64 `json:"entities"`
	// Events that come out the same as they were published, otherwise, as new
	// ones, and those that were published and do not come out any more.
	Same      int64 `json:"same"`
	Different int64 `json:"different"`
	New       int64 `json:"new"`
	Gone      int64 `json:"no_longer_there"`
	// Unreadable entries would be dead letters.
	Unreadable int64 `json:"dead_letters"`
	// Corrected are the entities whose state today is wrong, and Journaled the
	// entries that go into the journal once more for derive to correct it.
	Corrected int64 `json:"states_corrected"`
	Journaled int64 `json:"journaled"`
	// Published are the records that were written.
	Published int64 `json:"published"`
}

// What differs.
const (
	DifferentEvent  = "different"
	NewEvent        = "new"
	GoneEvent       = "no longer there"
	UnreadableEntry = "dead letter"
	WrongState      = "state"
)

// Difference is something that a replay makes otherwise. It names fields and ids,
// and holds no personal data.
type Difference struct {
	What string `json:"what"`
	// Partition and Offset are the entry's, in the journal.
	Partition int32 `json:"partition"`
	Offset    int64 `json:"offset"`
	// Key is the entity's, or that of an entry which can't be read.
	Key string `json:"key"`
	// Type of the event, or why an entry can't be read.
	Type    string   `json:"type"`
	EventID string   `json:"event_id,omitempty"`
	Fields  []string `json:"fields,omitempty"`
}

// sampled bounds the sample of each partition, of each kind of difference, and of
// the whole.
const (
	sampledOfKind = 5
	sampled       = 20
)

func (p *passage) note(d Difference) {
	d.Partition = p.partition
	n := 0
	for i := range p.sample {
		if p.sample[i].What == d.What {
			n++
		}
	}
	if n < sampledOfKind {
		p.sample = append(p.sample, d)
	}
}

func sum(s Span, revision int, passages []*passage) Replayed {
	out := Replayed{From: s.From.UTC(), Until: s.Until.UTC(), Revision: revision, Sample: []Difference{}}
	for _, p := range passages {
		f := p.found
		out.Entries += f.Entries
		out.Before += f.Before
		out.Waiting += f.Waiting
		out.Entities += f.Entities
		out.Same += f.Same
		out.Different += f.Different
		out.New += f.New
		out.Gone += f.Gone
		out.Unreadable += f.Unreadable
		out.Corrected += f.Corrected
		out.Journaled += f.Journaled
		out.Published += f.Published
		out.Sample = append(out.Sample, p.sample...)
	}
	slices.SortStableFunc(out.Sample, func(a, b Difference) int {
		return cmp.Or(cmp.Compare(rankOf(a.What), rankOf(b.What)), cmp.Compare(a.Partition, b.Partition), cmp.Compare(a.Offset, b.Offset))
	})
	out.Sample = fair(out.Sample)
	return out
}

func rankOf(what string) int {
	return slices.Index([]string{DifferentEvent, NewEvent, GoneEvent, UnreadableEntry, WrongState}, what)
}

// fair leaves some of each kind.
func fair(all []Difference) []Difference {
	taken := map[string]int{}
	all = slices.DeleteFunc(all, func(d Difference) bool {
		taken[d.What]++
		return taken[d.What] > sampledOfKind
	})
	return all[:min(len(all), sampled)]
}
