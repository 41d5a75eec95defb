package ops

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"sync"
	"time"
)

// Check is one thing that has to be right before work is sent here.
type Check struct {
	// Name is what the answer calls it, such as "kafka".
	Name string
	// Ready returns nil, or what is not right. It must end with its context.
	Ready func(context.Context) error
}

// Degraded marks the error of a check as no reason to take the worker out of
// service: something that it does fails, and it is of use without. nil stays nil.
func Degraded(err error) error {
	if err == nil {
		return nil
	}
	return &degradedError{err}
}

type degradedError struct{ err error }

func (d *degradedError) Error() string { return d.err.Error() }
func (d *degradedError) Unwrap() error { return d.err }

// patience is how long a check may take: less than probes usually wait.
const patience = 2 * time.Second

// Readiness is what /readyz answers.
type Readiness struct {
	Ready bool `json:"ready"`
	// Degraded: something that is no reason to take the worker out of service.
	Degraded bool     `json:"degraded,omitempty"`
	Checks   []Result `json:"checks"`
}

// Result is what became of a Check.
type Result struct {
	Name  string `json:"name"`
	Ready bool   `json:"ready"`
	// Degraded: Ready, and yet with an Error.
	Degraded bool `json:"degraded,omitempty"`
	// Error is what is not right; empty where nothing is wrong.
	Error string `json:"error,omitempty"`
}

var errSlow = errors.New("no answer within " + patience.String())

// Ask runs the checks side by side; their order stays. It returns within two
// seconds, even if a check does not.
func Ask(ctx context.Context, checks []Check) Readiness {
	ctx, cancel := context.WithTimeoutCause(ctx, patience, errSlow)
	defer cancel()
	found := Readiness{Ready: true, Checks: make([]Result, len(checks))}
	answers := make([]chan error, len(checks))
	for i, check := range checks {
		answers[i] = make(chan error, 1)
		go func() { answers[i] <- check.Ready(ctx) }()
	}
	for i, check := range checks {
		var err error
		select {
		case err = <-answers[i]:
		case <-ctx.Done():
			select { // it may have answered at the same time
			case err = <-answers[i]:
			default:
				err = context.Cause(ctx)
			}
		}
		found.take(&found.Checks[i], check.Name, err)
	}
	return found
}

func (r *Readiness) take(one *Result, name string, err error) {
	var mild *degradedError
	*one = Result{Name: name, Ready: true}
	switch {
	case err == nil:
		return
	case errors.As(err, &mild):
		one.Degraded, r.Degraded = true, true
	default:
		one.Ready, r.Ready = false, false
	}
	one.Error = err.Error()
}

// checklist is filled in while the worker starts.
type checklist struct {
	mu     sync.Mutex
	checks []Check
}

func (l *checklist) add(c Check) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.checks = append(l.checks, c)
}

func (l *checklist) all() []Check {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]Check(nil), l.checks...)
}

func (s *Server) readyz(w http.ResponseWriter, r *http.Request) {
	found := Ask(r.Context(), s.checks.all())
	status := http.StatusOK
	if !found.Ready {
		status = http.StatusServiceUnavailable
	}
	writeJSON(w, status, found)
}

// oneReadyz answers for the checks of one name; there, also what does no harm to
// the rest counts.
func (s *Server) oneReadyz(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("check")
	checks := slices.DeleteFunc(s.checks.all(), func(c Check) bool { return c.Name != name })
	if len(checks) == 0 {
		writeJSON(w, http.StatusNotFound, map[string]string{"error": "there is no check of that name; /readyz lists them"})
		return
	}
	found := Ask(r.Context(), checks)
	status := http.StatusOK
	if !found.Ready || found.Degraded {
		status = http.StatusServiceUnavailable
	}
	writeJSON(w, status, found)
}

func (s *Server) healthz(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, map[string]string{"status": "ok"})
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // nobody is left to hear of a failed write
}
