package normalize

import "github.com/mokafka/mokafka/schemas"

// Mapper reads journal entries, and says at which revision: the two belong
// together, since events are known by the revision that gave them.
type Mapper struct {
	Revision int
	// Entry is as the function of that name promises: pure, and its errors are
	// permanent.
	Entry func(e *schemas.JournalEntry, opts Options) ([]Observation, error)
}

// Current is the mapper of this build.
func Current() Mapper { return Mapper{Revision: Revision, Entry: Entry} }

// OrCurrent is m, or where it is none the mapper of this build.
func (m Mapper) OrCurrent() Mapper {
	if m.Entry == nil {
		return Current()
	}
	return m
}
