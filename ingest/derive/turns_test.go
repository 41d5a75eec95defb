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
