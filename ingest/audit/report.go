package audit

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/mokafka/mokafka/publish"
)

// Kind is what is wrong with an entity.
type Kind string

// The kinds of findings; see the package's comment.
const (
	Missing    Kind = "missing"
	Different  Kind = "different"
	Deleted    Kind = "deleted"
	Gone       Kind = "gone"
	Unreadable Kind = "unreadable"
)

// Finding is an entity of which Kafka's picture is not complete.
type Finding struct {
	Kind Kind `json:"kind"`
	// Family is candidates, offers, interviews or headcounts.
	Family string `json:"family"`
	// Key is the entity's, as the state topics have it.
	Key string `json:"key"`
	// Fields would change, as events name them; of Different alone.
	Fields []string `json:"fields,omitempty"`
	// Unannounced: it is Different, and Moka's updatedAt is no later than that of
	// the states. So are quiet changes, which the hot set and the sweep of
	// ingest/poll find in their time.
	Unannounced bool `json:"unannounced,omitempty"`
	// Copy: it is Unannounced, and all that is different is what the entity shows of
	// another one: of its job, or of the job's headcounts. Those have an order of
	// their own, and the copy follows when the entity is read next.
	Copy bool `json:"copy,omitempty"`
	// UpdatedAt is Moka's time of what it shows, else of what the states hold; nil
	// where neither says.
	UpdatedAt *time.Time `json:"updated_at"`
	// Reason says why it is Unreadable.
	Reason string `json:"reason,omitempty"`
}

// Report is what came of an audit.
type Report struct {
	OrgID string `json:"org_id"`
	// Since bounds what was looked at, by when it was last updated.
	Since time.Time `json:"since"`
	// Complete: there is no finding but of copies.
	Complete bool      `json:"complete"`
	Began    time.Time `json:"began_at"`
	Ended    time.Time `json:"ended_at"`
	// Calls were made to Moka.
	Calls int `json:"calls"`
	// Applications and Headcounts were looked at in Moka, States in Kafka.
	Applications int `json:"applications"`
	Headcounts   int `json:"headcounts"`
	States       int `json:"states"`
	// Settled were found at first and were right at the second look: the stream
	// had been behind.
	Settled  int       `json:"settled"`
	Findings []Finding `json:"findings"`
}

// complete tells whether only copies differ.
func complete(all []Finding) bool {
	return !slices.ContainsFunc(all, func(f Finding) bool { return !f.Copy })
}

// copied tells whether all of the fields are of other entities. Which job an
// application is for is its own.
func copied(family publish.Family, fields []string) bool {
	return len(fields) > 0 && !slices.ContainsFunc(fields, func(name string) bool {
		top, rest, _ := strings.Cut(name, ".")
		switch {
		case family == publish.Candidates && top == "job":
			return rest == "" || rest == "id"
		case family == publish.Interviews:
			return top != "job_title"
		}
		return family != publish.Candidates || top != "headcounts"
	})
}

// subject is what is asked for by one id.
type subject struct {
	headcount bool
	id        int64
}

// findings are those of each subject.
type findings map[subject][]Finding

func (f findings) list() []Finding {
	all := []Finding{}
	for _, some := range f {
		all = append(all, some...)
	}
	slices.SortFunc(all, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Family, b.Family), cmp.Compare(a.Key, b.Key))
	})
	return all
}

// subjects lists those of one kind, in order.
func (f findings) subjects(headcount bool) []int64 {
	var ids []int64
	for s := range f {
		if s.headcount == headcount {
			ids = append(ids, s.id)
		}
	}
	slices.Sort(ids)
	return ids
}

func (s subject) family() publish.Family {
	if s.headcount {
		return publish.Headcounts
	}
	return publish.Candidates
}

func (s subject) key(org string) string {
	if s.headcount {
		return publish.HeadcountKey(org, s.id)
	}
	return publish.CandidateKey(org, s.id)
}
