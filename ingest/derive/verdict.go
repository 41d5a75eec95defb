package derive

import (
	"strconv"

	"github.com/mokafka/mokafka/schemas"
)

// Verdict says what an observation came to.
type Verdict int

const (
	// Changed: there is an event.
	Changed Verdict = iota
	// Unchanged: it compares equal; the state notes that it was said. Of an
	// entity that is not there anyway, news that it is gone is not even noted.
	Unchanged
	// Stale: its feed has said something newer already, or it was read before
	// the entity was last seen, or before its deletion was known.
	Stale
	// Duplicate: this very entry was applied already.
	Duplicate
	// Noted: news of a write-back command, kept with the entity.
	Noted
)

// String is the verdict as metrics name it.
func (v Verdict) String() string {
	return [...]string{"changed", "unchanged", "stale", "duplicate", "noted"}[v]
}

// Origin is the journal entry an observation comes from, and where it stands.
type Origin struct {
	Entry     *schemas.JournalEntry
	Partition int32
	Offset    int64
	// Revision of the mapper that read the entry.
	Revision int
}

// nth is the origin of the nth observation, from 0, that an entry makes of the
// same entity: each counts as an entry of its own.
func (o Origin) nth(n int) Origin {
	if n > 0 {
		entry := *o.Entry
		entry.EntryID += "#" + strconv.Itoa(n)
		o.Entry = &entry
	}
	return o
}
