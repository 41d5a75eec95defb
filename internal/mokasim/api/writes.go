package api

import (
	"time"

	"github.com/mokafka/mokafka/internal/mokasim/company"
)

// written is a write in progress: what it is called in the log of effects, what
// it is about, and what it was asked for.
type written struct {
	operation   string
	application int64
	headcount   int64
	parameters  parameters
}

// carry carries a write out, while nothing else touches the company, and logs
// its effect in the same breath: the log is in the order of the effects.
func (s *Server) carry(c *call, w written, operator string, do func(company.Commands) error) error {
	return s.deps.Act(func(co *company.Company, now time.Time) error { return s.within(c, w, operator, co, now, do) })
}

// within is carry where nothing else touches the company already.
func (s *Server) within(c *call, w written, operator string, co *company.Company, now time.Time, do func(company.Commands) error) error {
	before := w.standing(co)
	if err := do(co.By(operator, now)); err != nil {
		return refused(err)
	}
	s.log(c, w, before, w.standing(co), now)
	return nil
}

func (s *Server) log(c *call, w written, before, after *Standing, now time.Time) {
	s.effects.add(Effect{
		At: now.UTC(), Operation: w.operation, ApplicationID: w.application, HeadcountID: w.headcount,
		Parameters: w.parameters, Before: before, After: after, Changed: !before.equal(after),
		RequestID: c.requestID, Fault: c.fault.Kind,
	})
}

// standing is what the write is about as it stands; nil for nothing.
func (w written) standing(co *company.Company) *Standing {
	if w.application != 0 {
		if one, ok := co.Standing(w.application); ok {
			return &Standing{Application: &one}
		}
		return nil
	}
	if one, ok := co.HeadcountStanding(w.headcount); ok {
		return &Standing{Headcount: &one}
	}
	return nil
}

func (s *Standing) equal(other *Standing) bool {
	if s == nil || other == nil {
		return s == other
	}
	return alike(s.Application, other.Application) && alike(s.Headcount, other.Headcount)
}

func alike[T comparable](one, other *T) bool {
	return one == other || one != nil && other != nil && *one == *other
}
