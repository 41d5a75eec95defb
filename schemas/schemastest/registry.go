// Package schemastest is a schema registry in memory, for tests and for
// "mokafka dev": an http.Handler with Confluent's REST API for Avro schemas, as
// far as clients use it to register, look up, fetch, compare and delete. It does
// what the real one does where it matters for what is published: references are
// resolved, what breaks a subject's compatibility is refused with the reason, an
// equal schema keeps its id under every subject. Ids count up from 1, so the
// same schemas registered in the same order have the same ids everywhere.
//
// It is not a production registry: no login, no contexts, no modes, no schemas
// but Avro, and everything is read into memory.
package schemastest

import (
	"fmt"
	"net/http"
	"sync"
)

// Registry is the handler. It is safe for concurrent use and starts nothing.
type Registry struct {
	mux  *http.ServeMux
	path string // empty: in memory alone

	mu  sync.RWMutex
	now *state // replaced as a whole, never changed in place
}

// New returns an empty registry that forgets everything with the process.
func New() *Registry {
	r := &Registry{now: newState()}
	r.routes()
	return r
}

// Open returns a registry that keeps its schemas in the file at path: what an
// answer confirms is in the file before. A file that is not there yet is created
// with the first change, its directory must exist. Two processes must not open
// the same file; the second would undo the first one's changes.
func Open(path string) (*Registry, error) {
	r := New()
	r.path = path
	saved, err := load(path)
	if err != nil {
		return nil, fmt.Errorf("open the schemas kept in %s: %w", path, err)
	}
	r.now = saved
	return r, nil
}

// ServeHTTP answers a request to the registry.
func (r *Registry) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	req.Body = http.MaxBytesReader(w, req.Body, maxRequest)
	r.mux.ServeHTTP(w, req)
}

// maxRequest bounds a request; a schema with its JSON quoting is far smaller.
const maxRequest = 4 << 20

// view is the current state, to read.
func (r *Registry) view() *state {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.now
}

// change lets f alter a copy of the state, which replaces the current one when f
// and the file, if there is one, made no trouble.
func (r *Registry) change(f func(*state) error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	next := r.now.clone()
	if err := f(next); err != nil {
		return err
	}
	if r.path != "" {
		if err := save(r.path, next); err != nil {
			return &apiError{http.StatusInternalServerError, codeStore, "keep the change: " + err.Error()}
		}
	}
	r.now = next
	return nil
}
