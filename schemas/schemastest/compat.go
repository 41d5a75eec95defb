package schemastest

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/mokafka/mokafka/schemas"
)

// level is a compatibility level of the registry, such as FULL_TRANSITIVE.
type level string

const backward level = "BACKWARD" // Confluent's default

func (l level) known() bool {
	return slices.Contains([]level{"NONE", "BACKWARD", "BACKWARD_TRANSITIVE", "FORWARD", "FORWARD_TRANSITIVE", "FULL", "FULL_TRANSITIVE"}, l)
}

// newReads: new schemas must read old data. oldReads: old ones must read new data.
func (l level) newReads() bool {
	return strings.HasPrefix(string(l), "BACKWARD") || strings.HasPrefix(string(l), "FULL")
}

func (l level) oldReads() bool {
	return strings.HasPrefix(string(l), "FORWARD") || strings.HasPrefix(string(l), "FULL")
}

func (l level) transitive() bool { return strings.HasSuffix(string(l), "_TRANSITIVE") }

func (s *state) levelOf(name string) level {
	if sub := s.Subjects[name]; sub != nil && sub.Compatibility != "" {
		return sub.Compatibility
	}
	return s.Compatibility
}

// against are the versions that a new schema of the subject must get on with.
func (s *state) against(name string) []version {
	sub := s.Subjects[name]
	if sub == nil {
		return nil
	}
	listed := sub.listed(false)
	if n := len(listed); n > 1 && !s.levelOf(name).transitive() {
		return listed[n-1:]
	}
	return listed
}

// compare says what keeps added from being used beside the versions given, as
// the subject's level has it; nothing when it can be.
func (s *state) compare(name string, added schema, with []version) ([]string, error) {
	newer, err := s.complete(added)
	if err != nil {
		return nil, err
	}
	level := s.levelOf(name)
	messages := []string{}
	for _, v := range with {
		older, err := s.complete(s.Schemas[v.ID-1])
		if err != nil {
			return nil, err
		}
		found, err := schemas.CheckRegistered(older, newer)
		if err != nil {
			return nil, invalid("Invalid schema: %v", err)
		}
		for _, in := range found {
			in.Version = v.Number
			if in.Reader == schemas.NewReader && level.newReads() || in.Reader == schemas.OldReader && level.oldReads() {
				messages = append(messages, "{"+in.String()+"}")
			}
		}
	}
	return messages, nil
}

// valid refuses a schema that cannot be used with what it refers to.
func (s *state) valid(sc schema) error {
	for _, ref := range sc.References {
		if ref.Name == "" {
			return invalid("a reference has no name")
		}
		if _, err := s.version(ref.Subject, ref.Version, false); err != nil || ref.Version < 1 {
			return invalid("No schema reference found for subject %q and version %d", ref.Subject, ref.Version)
		}
	}
	_, err := s.resolved(sc)
	return err
}

// resolved is the schema with what it refers to inside.
func (s *state) resolved(sc schema) (string, error) {
	whole, err := s.complete(sc)
	if err != nil {
		return "", err
	}
	text, err := whole.Resolved()
	if err != nil {
		return "", invalid("Invalid schema: %v", err)
	}
	return text, nil
}

// complete collects a schema and what it refers to.
func (s *state) complete(sc schema) (schemas.RegisteredSchema, error) {
	var whole schemas.RegisteredSchema
	done := map[use]bool{}
	var visit func(sc schema) error
	visit = func(sc schema) error {
		for _, ref := range sc.References {
			at := use{ref.Subject, ref.Version}
			if done[at] {
				continue
			}
			v, err := s.version(ref.Subject, ref.Version, true)
			if err != nil {
				return invalid("No schema reference found for subject %q and version %d", ref.Subject, ref.Version)
			}
			if err := visit(s.Schemas[v.ID-1]); err != nil {
				return err
			}
			done[at] = true
		}
		whole.Texts = append(whole.Texts, sc.Text)
		return nil
	}
	err := visit(sc)
	return whole, err
}

func invalid(format string, args ...any) error {
	return &apiError{http.StatusUnprocessableEntity, codeInvalidSchema, fmt.Sprintf(format, args...)}
}
