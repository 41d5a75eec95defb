package api

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"
)

// FaultKind is one way of going wrong.
type FaultKind string

// Faults before the effect: nothing happens in the company.
const (
	FaultError        FaultKind = "error"        // HTTP 500 (Status, Body)
	FaultUnauthorized FaultKind = "unauthorized" // HTTP 500 with the body of a wrong key
	FaultHang         FaultKind = "hang"         // no answer until the caller hangs up, For at most
	FaultReset        FaultKind = "reset"        // the connection is reset
	FaultQuota        FaultKind = "quota"        // a refusal by quota (Form, RetryAfter)
)

// Faults after the effect: the call is carried out, its answer gets lost.
const (
	FaultErrorAfter FaultKind = "error_after"
	FaultHangAfter  FaultKind = "hang_after"
	FaultResetAfter FaultKind = "reset_after"
)

// Faults of the answer: the call is carried out, its answer is spoilt.
const (
	FaultTruncated     FaultKind = "truncated"      // half the body, as if it were all
	FaultCut           FaultKind = "cut"            // half the body, then the connection ends
	FaultHTML          FaultKind = "html"           // a page instead of JSON (Status 200, Body)
	FaultEndless       FaultKind = "endless"        // a JSON array without an end, For at most
	FaultDuplicateRows FaultKind = "duplicate_rows" // each row of the page twice
	FaultSameNext      FaultKind = "same_next"      // next is the one that was asked with
	FaultSlow          FaultKind = "slow"           // the body arrives in pieces, over For
)

// FaultKinds are all there are.
func FaultKinds() []FaultKind {
	return []FaultKind{
		FaultError, FaultUnauthorized, FaultHang, FaultReset, FaultQuota, FaultErrorAfter, FaultHangAfter, FaultResetAfter,
		FaultTruncated, FaultCut, FaultHTML, FaultEndless, FaultDuplicateRows, FaultSameNext, FaultSlow,
	}
}

// Fault is a mistake on order.
type Fault struct {
	// Endpoint is which calls it is for: a path without /api-platform, with *
	// for any run of characters, and perhaps a method before it:
	// "PUT /v1/applications/*/hired". "": all. Fixed words: "reads", "writes".
	Endpoint string    `json:"endpoint"`
	Kind     FaultKind `json:"kind"`
	// Calls is for how many calls it is; 0: until it is taken away.
	Calls int `json:"calls,omitempty"`
	// Probability with which one of those calls suffers it; 0: every one does.
	// Calls that got away are not counted.
	Probability float64 `json:"probability,omitempty"`

	Status     int      `json:"status,omitempty"`     // of error, error_after (500) and html (200)
	Body       string   `json:"body,omitempty"`       // of the same
	Form       string   `json:"form,omitempty"`       // of quota; "": as the quota is set
	RetryAfter int      `json:"retryAfter,omitempty"` // of quota, in seconds; 0: it is not said
	For        Duration `json:"for,omitzero"`         // of hangs, endless (both: Config.Hold) and slow (10s)
}

// Duration is written "1m30s" in JSON.
type Duration time.Duration

// MarshalText writes it.
func (d Duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// UnmarshalText reads it.
func (d *Duration) UnmarshalText(text []byte) error {
	value, err := time.ParseDuration(string(text))
	*d = Duration(value)
	return err
}

// Validate reports what is wrong with it.
func (f Fault) Validate() error {
	var faults []error
	if !slices.Contains(FaultKinds(), f.Kind) {
		faults = append(faults, fmt.Errorf("kind %q is none of %v", f.Kind, FaultKinds()))
	}
	if f.Calls < 0 {
		faults = append(faults, fmt.Errorf("calls %d is negative", f.Calls))
	}
	if !(f.Probability >= 0 && f.Probability <= 1) { // not a number is neither
		faults = append(faults, fmt.Errorf("probability %v is not between 0 and 1", f.Probability))
	}
	if f.Status != 0 && (f.Status < 200 || f.Status > 999) {
		faults = append(faults, fmt.Errorf("status %d is not between 200 and 999", f.Status))
	}
	if f.Form != "" && !slices.Contains(Refusals(), f.Form) {
		faults = append(faults, fmt.Errorf("form %q is none of %v", f.Form, Refusals()))
	}
	if f.RetryAfter < 0 || f.For < 0 {
		faults = append(faults, errors.New("retryAfter or for is negative"))
	}
	return errors.Join(faults...)
}

// covers tells whether it is for a call.
func (f Fault) covers(method, path string, write bool) bool {
	switch f.Endpoint {
	case "", "*":
		return true
	case "writes":
		return write
	case "reads":
		return !write
	}
	pattern := f.Endpoint
	if wanted, rest, ok := strings.Cut(pattern, " "); ok {
		if !strings.EqualFold(wanted, method) {
			return false
		}
		pattern = strings.TrimSpace(rest)
	}
	return globbed(strings.TrimPrefix(pattern, Prefix), path)
}

// globbed matches a path with a pattern in which * is any run of characters.
func globbed(pattern, path string) bool {
	pieces := strings.Split(pattern, "*")
	if len(pieces) == 1 {
		return pattern == path
	}
	path, ok := strings.CutPrefix(path, pieces[0])
	if !ok {
		return false
	}
	for _, piece := range pieces[1 : len(pieces)-1] {
		at := strings.Index(path, piece)
		if at < 0 {
			return false
		}
		path = path[at+len(piece):]
	}
	return strings.HasSuffix(path, pieces[len(pieces)-1])
}

// OrderedFault is a Fault with what became of it.
type OrderedFault struct {
	ID int `json:"id"` // from 1, in the order of their orders
	Fault
	Matched uint64 `json:"matched"` // calls that it was for
	Fired   uint64 `json:"fired"`   // of those, calls that suffered it
	Over    bool   `json:"over"`    // Calls are used up
}

// faults are the mistakes on order.
type faults struct {
	mu      sync.Mutex
	seed    uint64
	last    int
	ordered []*OrderedFault
}

// order adds a valid fault and returns its number.
func (f *faults) order(fault Fault) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.last++
	f.ordered = append(f.ordered, &OrderedFault{ID: f.last, Fault: fault})
	return f.last
}

// pick is the fault that a call suffers: the earliest ordered that fires. The
// n-th call that a fault is for draws the same lot whatever else happens.
func (f *faults) pick(method, path string, write bool) (Fault, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, one := range f.ordered {
		if one.Over || !one.covers(method, path, write) {
			continue
		}
		one.Matched++
		if one.Probability != 0 && rand.New(rand.NewPCG(f.seed, uint64(one.ID)<<40|one.Matched)).Float64() >= one.Probability {
			continue
		}
		one.Fired++
		one.Over = one.Calls != 0 && one.Fired == uint64(one.Calls)
		return one.Fault, true
	}
	return Fault{}, false
}

func (f *faults) list() []OrderedFault {
	f.mu.Lock()
	defer f.mu.Unlock()
	list := make([]OrderedFault, len(f.ordered))
	for i, one := range f.ordered {
		list[i] = *one
	}
	return list
}

// clear takes a fault away, or all for 0, and tells how many that were.
func (f *faults) clear(id int) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	before := len(f.ordered)
	f.ordered = slices.DeleteFunc(f.ordered, func(one *OrderedFault) bool { return id == 0 || one.ID == id })
	return before - len(f.ordered)
}
