package derive_test

import (
	"slices"
	"testing"

	"github.com/mokafka/mokafka/schemas"
)

// Whoever came and left between two looks was hired, and has left.
func TestHiredAndResignedBetweenTwoLooksAreBothTold(t *testing.T) {
	for name, left := range map[string]func(*schemas.Candidate){
		"by the reason of the archive": func(c *schemas.Candidate) { c.ArchiveReason = ptr("已离职") },
		"by the date":                  func(c *schemas.Candidate) { c.ResignedAt = ptr(at(40)) },
	} {
		t.Run(name, func(t *testing.T) {
			for stage, want := range [][]string{{"HIRED", "RESIGNED"}, {"STAGE_MOVED", "HIRED", "RESIGNED"}} {
				s := story{decider: newDecider(t)}
				s.next(t, look(5, 0), "before")
				obs := look(60, stage)
				c := obs.Entity.(*schemas.Candidate)
				c.HiredAt, c.Archived = ptr(at(20)), ptr(true)
				left(c)
				obs.Carries = append(obs.Carries, "archive_reason", "archived", "hired_at", "resigned_at")
				events := candidateEvents(t, s.next(t, obs, "after"))
				var kinds []string
				for _, ev := range events {
					kinds = append(kinds, string(ev.Type))
				}
				if !slices.Equal(kinds, want) {
					t.Errorf("told %v, want %v", kinds, want)
				}
				continuous(t, events, s.state.(*schemas.CandidateState))
			}
		})
	}
}

// A hire that is dated after the resignation was told does not tell it again.
func TestResignationIsToldOnce(t *testing.T) {
	s := story{decider: newDecider(t)}
	for n, want := range []string{"CREATED", "HIRED"} {
		obs := look(5+n, 0)
		c := obs.Entity.(*schemas.Candidate)
		c.Archived, c.ArchiveReason = ptr(true), ptr("已离职")
		if n > 0 {
			c.HiredAt = ptr(at(1))
		}
		obs.Carries = append(obs.Carries, "archive_reason", "archived", "hired_at")
		events := candidateEvents(t, s.next(t, obs, want))
		if len(events) != 1 || string(events[0].Type) != want {
			t.Errorf("look %d told %d events, first %s", n, len(events), events[0].Type)
		}
	}
}
