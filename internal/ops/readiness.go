package ops

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
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

// patience is how long a check may take: less than probes usually wait.
const patience = 2 * time.Second

// Readiness is what /readyz answers.
type Readiness struct {
	Ready  bool     `json:"ready"`
	Checks []Result `json:"checks"`
}

// Result is what became of a Check.
type Result struct {
	Name  string `json:"name"`
	Ready bool   `json:"ready"`
	// Error is empty when Ready.
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
		found.Checks[i] = Result{Name: check.Name, Ready: err == nil}
		if err != nil {
			found.Ready, found.Checks[i].Error = false, err.Error()
		}
	}
	return found
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

func (s *Server) healthz(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, map[string]string{"status": "ok"})
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // nobody is left to hear of a failed write
}
