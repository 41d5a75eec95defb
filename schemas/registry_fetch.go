package schemas

import (
	"context"
	"errors"
	"fmt"

	"github.com/twmb/franz-go/pkg/sr"
)

// Bounds on what one schema may refer to, so that a hostile or broken registry
// cannot keep a reader busy for ever. The largest schema here needs 60 others.
const (
	maxReferences     = 1000
	maxReferenceDepth = 64
)

// ErrUnknownSchema says that the registry knows no schema with the id at hand;
// the error is an *UnknownSchemaError.
var ErrUnknownSchema = errors.New("unknown schema")

// UnknownSchemaError names an id the registry does not know: the value was
// written with another registry, or is damaged.
type UnknownSchemaError struct{ ID int }

// Error says what may be the matter.
func (e *UnknownSchemaError) Error() string {
	return fmt.Sprintf("the schema registry knows no schema %d: was the value written with another registry?", e.ID)
}

// Is makes errors.Is(err, ErrUnknownSchema) true.
func (e *UnknownSchemaError) Is(target error) bool { return target == ErrUnknownSchema }

// Fetch returns the schema with that id, and all it refers to. An id that the
// registry does not know is an *UnknownSchemaError.
func (r *Registry) Fetch(ctx context.Context, id int) (RegisteredSchema, error) {
	op := fmt.Sprintf("fetch schema %d", id)
	s, err := r.client.SchemaByID(ctx, id)
	if err != nil {
		if err = registryError(op, err); isNotFound(err) {
			return RegisteredSchema{}, &UnknownSchemaError{ID: id}
		}
		return RegisteredSchema{}, err
	}
	texts, err := r.withReferences(ctx, op, s)
	if err != nil {
		return RegisteredSchema{}, err
	}
	return RegisteredSchema{ID: id, Texts: texts}, nil
}

// versions returns every version of subject with what it refers to, by version
// number; none when the subject does not exist.
func (r *Registry) versions(ctx context.Context, subject string) (map[int]RegisteredSchema, error) {
	op := "read the versions of " + subject
	numbers, err := r.client.SubjectVersions(ctx, subject)
	if err != nil {
		if err = registryError(op, err); isNotFound(err) {
			return nil, nil
		}
		return nil, err
	}
	found := make(map[int]RegisteredSchema, len(numbers))
	for _, n := range numbers {
		s, err := r.client.SchemaByVersion(ctx, subject, n)
		if err != nil {
			return nil, registryError(fmt.Sprintf("read version %d of %s", n, subject), err)
		}
		texts, err := r.withReferences(ctx, op, s.Schema)
		if err != nil {
			return nil, err
		}
		found[n] = RegisteredSchema{ID: s.ID, Texts: texts}
	}
	return found, nil
}

// withReferences returns the texts of what s refers to, and last its own.
func (r *Registry) withReferences(ctx context.Context, op string, s sr.Schema) ([]string, error) {
	w := referenceWalk{registry: r, op: op, mark: map[sr.SchemaReference]bool{}}
	if err := w.visit(ctx, s, 0); err != nil {
		return nil, err
	}
	return w.texts, nil
}

type referenceWalk struct {
	registry *Registry
	op       string
	// mark holds the references met, true once they are in texts. Their names are
	// left out: the place decides.
	mark  map[sr.SchemaReference]bool
	texts []string
}

func (w *referenceWalk) visit(ctx context.Context, s sr.Schema, depth int) error {
	if s.Type != sr.TypeAvro {
		return fmt.Errorf("%s: it is a %s schema, not an Avro one", w.op, s.Type)
	}
	if depth > maxReferenceDepth {
		return fmt.Errorf("%s: its references are nested more than %d deep", w.op, maxReferenceDepth)
	}
	for _, ref := range s.References {
		place := sr.SchemaReference{Subject: ref.Subject, Version: ref.Version}
		if done, met := w.mark[place]; done {
			continue
		} else if met {
			return fmt.Errorf("%s: %s version %d refers to itself in a circle", w.op, ref.Subject, ref.Version)
		}
		if len(w.mark) == maxReferences {
			return fmt.Errorf("%s: it refers to more than %d others", w.op, maxReferences)
		}
		w.mark[place] = false
		// Deleted versions too: records outlive the subjects they were written with.
		found, err := w.registry.client.SchemaByVersion(sr.WithParams(ctx, sr.ShowDeleted), ref.Subject, ref.Version)
		if err != nil {
			return w.missing(ref, err)
		}
		if err := w.visit(ctx, found.Schema, depth+1); err != nil {
			return err
		}
		w.mark[place] = true
	}
	w.texts = append(w.texts, s.Schema)
	return nil
}

// missing marks a registry that is incomplete: it is at fault, not the record
// that carries the id.
func (w *referenceWalk) missing(ref sr.SchemaReference, err error) error {
	err = registryError(fmt.Sprintf("%s: fetch %s version %d, which it refers to", w.op, ref.Subject, ref.Version), err)
	var e *RegistryError
	if errors.As(err, &e) {
		e.broken = e.notFound()
	}
	return err
}
