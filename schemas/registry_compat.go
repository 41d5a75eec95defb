package schemas

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/twmb/franz-go/pkg/sr"

	"github.com/mokafka/mokafka/schemas/avsc"
)

// ErrNoSubject says that the registry cannot keep a setting for a subject that
// has no schema yet: register one, then set it again. Confluent's takes it.
var ErrNoSubject = errors.New("the registry has no such subject")

// SetCompatibility makes the registry hold subject to FULL_TRANSITIVE: a replay
// meets every version, and old consumers meet new ones.
func (r *Registry) SetCompatibility(ctx context.Context, subject string) error {
	op := "set the compatibility of " + subject
	results := r.client.SetCompatibility(ctx, sr.SetCompatibility{Level: sr.CompatFullTransitive}, subject)
	for _, result := range results {
		err := registryError(op, result.Err)
		if isNotFound(err) {
			return fmt.Errorf("%s: %w", op, ErrNoSubject)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// CheckCompatibility compares the schema of bundle called record with every
// version that the registry has under subject, both ways, and with all they
// refer to; it writes nothing, and unlike the registry's own check it does not
// need the new references registered. A subject that does not exist takes
// anything. The findings carry the version they are about.
func (r *Registry) CheckCompatibility(ctx context.Context, bundle avsc.Bundle, subject, record string) ([]Incompatibility, error) {
	mine, err := parseNamed(bundle, record)
	if err != nil {
		return nil, err
	}
	registered, err := r.versions(ctx, subject)
	if err != nil {
		return nil, err
	}
	var found []Incompatibility
	for _, version := range slices.Sorted(maps.Keys(registered)) {
		theirs, err := registered[version].parse()
		if err != nil {
			return nil, fmt.Errorf("compare with version %d of %s: %w", version, subject, err)
		}
		for _, in := range comparePair(theirs, mine[record]) {
			in.Roots, in.Version = []string{record}, version
			found = append(found, in)
		}
	}
	return found, nil
}
