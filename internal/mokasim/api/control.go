package api

import (
	"errors"
	"fmt"
	"slices"
)

// What follows is how a Server is told what to do, and asked what happened.
// Everything may be called at any time, also concurrently.

// Order orders a mistake and returns its number, from 1. The error says what is
// wrong with the fault.
func (s *Server) Order(fault Fault) (int, error) {
	if err := fault.Validate(); err != nil {
		return 0, fmt.Errorf("fault: %w", err)
	}
	return s.faults.order(fault), nil
}

// Faults are the mistakes on order, those that are over included, in the order
// of their orders.
func (s *Server) Faults() []OrderedFault { return s.faults.list() }

// Clear takes the mistake with that number away, or all for 0, and returns how
// many that were.
func (s *Server) Clear(id int) int { return s.faults.clear(id) }

// Effects are up to limit effects after a number (0: from the first), oldest
// first, how many there were in all, and how many of those wanted are forgotten.
func (s *Server) Effects(after uint64, limit int) (page []Effect, total, forgotten uint64) {
	return s.effects.page(after, limit)
}

// Quota is what limits the calls at present.
func (s *Server) Quota() Quota { return s.limits.read() }

// SetQuota changes what limits the calls, and forgets those that were made.
func (s *Server) SetQuota(q Quota) error {
	if err := q.Validate(); err != nil {
		return fmt.Errorf("quota: %w", err)
	}
	s.limits.set(q)
	return nil
}

// Refused counts the calls that the quota refused.
func (s *Server) Refused() uint64 {
	s.limits.mu.Lock()
	defer s.limits.mu.Unlock()
	return s.limits.refused
}

// Validate reports what is wrong with a quota.
func (q Quota) Validate() error {
	var faults []error
	if q.PerMinute < 0 || q.HeadcountWritesPerMinute < 0 {
		faults = append(faults, errors.New("a number of calls is negative"))
	}
	if !slices.Contains(Windows(), q.Window) {
		faults = append(faults, fmt.Errorf("window %q is none of %v", q.Window, Windows()))
	}
	if !slices.Contains(Refusals(), q.Refusal) {
		faults = append(faults, fmt.Errorf("refusal %q is none of %v", q.Refusal, Refusals()))
	}
	return errors.Join(faults...)
}

// Revoke takes API key, client and tokens away, or gives key and client back.
func (s *Server) Revoke(revoked bool) { s.access.revoke(revoked) }

// Revoked reports whether they are taken away.
func (s *Server) Revoked() bool { return s.access.isRevoked() }
