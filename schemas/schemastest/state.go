package schemastest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
)

// state is everything the registry knows. It is also the form of the file.
type state struct {
	// Compatibility holds for subjects that have none of their own.
	Compatibility level               `json:"compatibility"`
	Schemas       []schema            `json:"schemas"` // that with id n at n-1
	Subjects      map[string]*subject `json:"subjects"`
}

// schema is the text with what it refers to; equal ones share an id.
type schema struct {
	Text       string      `json:"schema"`
	References []reference `json:"references,omitempty"`

	identity string // the same for equal schemas, see identify
}

type reference struct {
	Name    string `json:"name"`
	Subject string `json:"subject"`
	Version int    `json:"version"`
}

type subject struct {
	Compatibility level     `json:"compatibility,omitempty"`
	Versions      []version `json:"versions"` // in order; never given twice
}

type version struct {
	Number  int  `json:"version"`
	ID      int  `json:"id"`
	Deleted bool `json:"deleted,omitempty"` // softly
	Gone    bool `json:"gone,omitempty"`    // for good; kept for its number
}

func newState() *state {
	return &state{Compatibility: backward, Subjects: map[string]*subject{}}
}

func (s *state) clone() *state {
	next := *s
	next.Schemas = slices.Clone(s.Schemas)
	next.Subjects = make(map[string]*subject, len(s.Subjects))
	for name, sub := range s.Subjects {
		copied := *sub
		copied.Versions = slices.Clone(sub.Versions)
		next.Subjects[name] = &copied
	}
	return &next
}

// names returns the subjects with a version that is there, in order.
func (s *state) names(deleted bool) []string {
	names := []string{}
	for _, name := range slices.Sorted(maps.Keys(s.Subjects)) {
		if len(s.Subjects[name].listed(deleted)) > 0 {
			names = append(names, name)
		}
	}
	return names
}

// listed returns the versions that are there, softly deleted ones if asked for.
func (sub *subject) listed(deleted bool) []version {
	var found []version
	for _, v := range sub.Versions {
		if !v.Gone && (deleted || !v.Deleted) {
			found = append(found, v)
		}
	}
	return found
}

// subject finds a subject that has versions.
func (s *state) subject(name string, deleted bool) (*subject, error) {
	sub := s.Subjects[name]
	if sub == nil || len(sub.listed(deleted)) == 0 {
		return nil, notFound(codeSubject, "Subject '%s' not found.", name)
	}
	return sub, nil
}

// version finds a version by its number; 0 is the latest.
func (s *state) version(name string, number int, deleted bool) (version, error) {
	sub, err := s.subject(name, deleted)
	if err != nil {
		return version{}, err
	}
	listed := sub.listed(deleted)
	if number == 0 {
		return listed[len(listed)-1], nil
	}
	for _, v := range listed {
		if v.Number == number {
			return v, nil
		}
	}
	return version{}, notFound(codeVersion, "Version %d not found.", number)
}

// schema finds a schema by its id, as long as some subject has it.
func (s *state) schema(id int) (schema, error) {
	if id < 1 || id > len(s.Schemas) || len(s.uses(id, true)) == 0 {
		return schema{}, notFound(codeSchema, "Schema %d not found", id)
	}
	return s.Schemas[id-1], nil
}

type use struct {
	Subject string `json:"subject"`
	Version int    `json:"version"`
}

// uses tells where an id is used, in order.
func (s *state) uses(id int, deleted bool) []use {
	found := []use{}
	for _, name := range slices.Sorted(maps.Keys(s.Subjects)) {
		for _, v := range s.Subjects[name].listed(deleted) {
			if v.ID == id {
				found = append(found, use{name, v.Number})
			}
		}
	}
	return found
}

// find looks for an equal schema under a subject, the latest first.
func (s *state) find(name string, wanted schema, deleted bool) (version, bool) {
	sub := s.Subjects[name]
	if sub == nil {
		return version{}, false
	}
	for _, v := range slices.Backward(sub.listed(deleted)) {
		if s.Schemas[v.ID-1].equal(wanted) {
			return v, true
		}
	}
	return version{}, false
}

// register adds a version to a subject, or returns the one that is equal.
func (s *state) register(name string, added schema) (version, error) {
	if err := s.valid(added); err != nil {
		return version{}, err
	}
	if v, ok := s.find(name, added, false); ok {
		return v, nil
	}
	if messages, err := s.compare(name, added, s.against(name)); err != nil {
		return version{}, err
	} else if len(messages) > 0 {
		return version{}, &apiError{http.StatusConflict, codeIncompatible, fmt.Sprintf(
			"Schema being registered is incompatible with an earlier schema for subject %q, details: %s", name, messages)}
	}
	id := 1 + slices.IndexFunc(s.Schemas, added.equal)
	if id == 0 {
		s.Schemas = append(s.Schemas, added)
		id = len(s.Schemas)
	}
	sub := s.Subjects[name]
	if sub == nil {
		sub = &subject{}
		s.Subjects[name] = sub
	}
	v := version{Number: 1, ID: id}
	if n := len(sub.Versions); n > 0 {
		v.Number = sub.Versions[n-1].Number + 1
	}
	sub.Versions = append(sub.Versions, v)
	return v, nil
}

func (s schema) equal(other schema) bool { return s.identity == other.identity }

// identify fills in what makes a schema the same as another: all of it but white
// space, the order of keys and that of references.
func (s schema) identify() schema {
	refs := slices.SortedFunc(slices.Values(s.References), func(a, b reference) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Subject, b.Subject), cmp.Compare(a.Version, b.Version))
	})
	s.identity = fmt.Sprintf("%s %#v", normal(s.Text), refs)
	return s
}

func normal(text string) string {
	var v any
	if json.Unmarshal([]byte(text), &v) != nil {
		return text
	}
	out, err := json.Marshal(v)
	if err != nil {
		return text
	}
	return string(out)
}
