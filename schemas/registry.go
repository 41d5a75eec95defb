package schemas

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/twmb/franz-go/pkg/sr"

	"github.com/mokafka/mokafka/schemas/avsc"
)

// Registry talks to a schema registry with Confluent's API. It is safe for
// concurrent use and starts nothing. Errors are *RegistryError, but where a
// method says otherwise.
//
// A shared record is registered once, under a subject that is its full name
// (com.moka.Person), and the schemas that use it refer to that subject and
// version.
type Registry struct {
	client *sr.Client

	mu sync.Mutex
	// known keeps what lookups found, for the versions of a subject do not
	// change: thirteen topics share most of their schemas.
	known map[string]sr.SubjectSchema
}

// RegistryOption changes how a Registry works.
type RegistryOption func(*registryOptions)

type registryOptions struct{ client *http.Client }

// WithHTTPClient makes the registry be reached through c: for private
// certificate authorities, client certificates and proxies. Where c has no
// time-out of its own the configuration's holds. c is copied.
func WithHTTPClient(c *http.Client) RegistryOption {
	return func(o *registryOptions) { o.client = c }
}

// NewRegistry does not connect; an invalid configuration is the only error.
func NewRegistry(cfg RegistryConfig, opts ...RegistryOption) (*Registry, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("configure the schema registry: %w", err)
	}
	o := registryOptions{client: &http.Client{}}
	for _, opt := range opts {
		opt(&o)
	}
	clientOpts := []sr.ClientOpt{
		sr.URLs(slices.Clone(cfg.URLs)...),
		sr.HTTPClient(boundedClient(o.client, cmp.Or(cfg.Timeout, defaultTimeout))),
		sr.UserAgent("mokafka"),
	}
	if cfg.User != "" {
		clientOpts = append(clientOpts, sr.BasicAuth(cfg.User, cfg.Password))
	}
	client, err := sr.NewClient(clientOpts...)
	if err != nil {
		return nil, fmt.Errorf("configure the schema registry: %w", err)
	}
	return &Registry{client: client, known: map[string]sr.SubjectSchema{}}, nil
}

// Register makes the schema of bundle called record available under subject,
// and before that every schema it refers to under its own name. What is
// registered already stays; running it again, or at the same time elsewhere,
// changes nothing. It returns the id to write into records.
//
// The registry refuses (HTTP 409) what breaks the subject's compatibility; what
// was registered until then stays, and is harmless.
func (r *Registry) Register(ctx context.Context, bundle avsc.Bundle, subject, record string) (id int, err error) {
	return r.inOrder(bundle, subject, record, func(subject, name string, s sr.Schema) (sr.SubjectSchema, error) {
		found, err := r.lookup(ctx, subject, s)
		if err == nil || !isNotFound(err) {
			return found, err
		}
		return r.create(ctx, subject, name, s)
	})
}

// LookupID returns the id under which this very schema, with those it refers
// to, is registered under subject. It registers nothing: where one is missing
// the error is a *NotRegisteredError.
func (r *Registry) LookupID(ctx context.Context, bundle avsc.Bundle, subject, record string) (id int, err error) {
	return r.inOrder(bundle, subject, record, func(subject, name string, s sr.Schema) (sr.SubjectSchema, error) {
		found, err := r.lookup(ctx, subject, s)
		if isNotFound(err) {
			return found, &NotRegisteredError{Subject: subject, Record: name}
		}
		return found, err
	})
}

// inOrder calls step for each schema that record needs, itself last, with the
// references to those before it.
func (r *Registry) inOrder(bundle avsc.Bundle, subject, record string,
	step func(subject, name string, s sr.Schema) (sr.SubjectSchema, error),
) (id int, err error) {
	names, err := bundle.Ordered(record)
	if err != nil {
		return 0, fmt.Errorf("order the schemas of %s: %w", record, err)
	}
	versions := make(map[string]int, len(names))
	for _, name := range names {
		s, err := schemaWithReferences(bundle, name, versions)
		if err != nil {
			return 0, err
		}
		at := avsc.Namespace + "." + name
		if name == record {
			at = subject
		}
		got, err := step(at, name, s)
		if err != nil {
			r.forget() // a version we remember may be gone
			return 0, err
		}
		versions[name], id = got.Version, got.ID
	}
	return id, nil
}

// schemaWithReferences is the schema called name as it goes to the registry:
// without white space, so that its layout is no difference.
func schemaWithReferences(bundle avsc.Bundle, name string, versions map[string]int) (sr.Schema, error) {
	refs, err := bundle.References(name)
	if err != nil {
		return sr.Schema{}, err
	}
	var text bytes.Buffer
	if err := json.Compact(&text, []byte(bundle[name])); err != nil {
		return sr.Schema{}, fmt.Errorf("schema %s: %w", name, err)
	}
	s := sr.Schema{Schema: text.String(), Type: sr.TypeAvro}
	for _, ref := range refs {
		full := avsc.Namespace + "." + ref
		s.References = append(s.References, sr.SchemaReference{Name: full, Subject: full, Version: versions[ref]})
	}
	return s, nil
}

func (r *Registry) lookup(ctx context.Context, subject string, s sr.Schema) (sr.SubjectSchema, error) {
	key := lookupKey(subject, s)
	r.mu.Lock()
	found, ok := r.known[key]
	r.mu.Unlock()
	if ok {
		return found, nil
	}
	found, err := r.client.LookupSchema(ctx, subject, s)
	if err != nil {
		return found, registryError("look up this build's schema under "+subject, err)
	}
	r.mu.Lock()
	r.known[key] = found
	r.mu.Unlock()
	return found, nil
}

func lookupKey(subject string, s sr.Schema) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%q %q", subject, s.Schema)
	for _, ref := range s.References {
		fmt.Fprintf(&b, " %q@%d", ref.Subject, ref.Version)
	}
	return b.String()
}

func (r *Registry) forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	clear(r.known)
}

// create registers s. Registries answer with the id alone, and what refers to s
// needs its version.
func (r *Registry) create(ctx context.Context, subject, name string, s sr.Schema) (sr.SubjectSchema, error) {
	op := fmt.Sprintf("register schema %s under %s", name, subject)
	id, err := r.client.RegisterSchema(ctx, subject, s, -1, -1)
	if err != nil {
		return sr.SubjectSchema{}, registryError(op, err)
	}
	found, err := r.lookup(ctx, subject, s)
	if err == nil {
		return found, nil
	}
	if !isNotFound(err) {
		return found, err
	}
	// A registry that compares texts after rewriting them does not find what it
	// has just taken; it still knows where the id is used.
	uses, err := r.client.SchemaVersionsByID(ctx, id)
	if err != nil {
		return found, registryError(op+": find its version", err)
	}
	for _, use := range uses {
		if use.Subject == subject && use.Version > found.Version {
			found.Subject, found.ID, found.Version = subject, id, use.Version
		}
	}
	if found.ID == 0 {
		return found, fmt.Errorf("%s: the registry took it as id %d, but does not list it there", op, id)
	}
	return found, nil
}
