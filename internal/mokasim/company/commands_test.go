package company_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/mokafka/mokafka/internal/mokasim/company"
)

// errorsOfCommands are all that Commands documents.
func errorsOfCommands() []error {
	return []error{
		company.ErrUnknownApplication, company.ErrClosedApplication, company.ErrStage, company.ErrNoOffer, company.ErrOfferStatus,
		company.ErrOfferAccepted, company.ErrOfferExists, company.ErrArchiveReason, company.ErrTalentPool, company.ErrHeadcount,
		company.ErrNotHired, company.ErrArgument, company.ErrNumberTaken, company.ErrDepartment, company.ErrEmployee, company.ErrJob,
		company.ErrStatus,
	}
}

// Whatever is ordered while the company lives: a refusal changes and tells
// nothing, what changes is told as the operator's, what is told changed
// something, and the company lives on by its own rules.
func TestCommands(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var told []company.Change
		c := company.Found(company.Settings{Seed: rapid.Uint64Range(0, 50).Draw(t, "seed"), Applications: 50}, start, func(change company.Change) {
			told = append(told, change)
		})
		now := start
		for range rapid.IntRange(1, 60).Draw(t, "commands") {
			now = now.Add(time.Minute)
			for range rapid.IntRange(0, 3).Draw(t, "steps") {
				c.Step(now)
			}
			told = nil
			id := anyApplication(t, c)
			before, existed := c.Standing(id)
			err := draw(t, c, id)(c.By("somebody", now))
			after, exists := c.Standing(id)
			if err != nil {
				if !slices.ContainsFunc(errorsOfCommands(), func(known error) bool { return errors.Is(err, known) }) {
					t.Fatalf("fails with %v", err)
				}
				if before != after || existed != exists || len(told) != 0 {
					t.Fatalf("%v, and yet %+v became %+v, told %v", err, before, after, told)
				}
				continue
			}
			if (before != after || existed != exists) && len(told) == 0 {
				t.Fatalf("%+v became %+v, and nobody told", before, after)
			}
			for _, change := range told {
				if change.Operator != "somebody" || !change.At.Equal(now) {
					t.Fatalf("told as %+v", change)
				}
			}
			if app := c.Application(id); app != nil && !app.Open() && app.OpenMeeting() != nil && after != before {
				t.Fatalf("application %d was closed with an interview ahead", id)
			}
		}
		told = nil
		for range 200 {
			now = now.Add(time.Minute)
			c.Step(now)
		}
		for _, change := range told {
			if change.Operator != "" {
				t.Fatalf("life goes on as %q", change.Operator)
			}
		}
	})
}

func anyApplication(t *rapid.T, c *company.Company) int64 {
	ids := []int64{1}
	for app := range c.Applications(0) {
		ids = append(ids, app.ID)
	}
	return rapid.SampledFrom(ids).Draw(t, "application")
}

// draw is a command about an application, as likely as not with arguments that
// do not exist.
func draw(t *rapid.T, c *company.Company, id int64) func(company.Commands) error {
	reasons, stages, pools := []int64{0, 1}, []int64{1}, []int64{0, 1}
	for _, reason := range c.Reasons() {
		reasons = append(reasons, reason.ID)
	}
	for _, stage := range c.Stages() {
		stages = append(stages, stage.ID)
	}
	for _, pool := range c.TalentPools() {
		pools = append(pools, pool.ID)
	}
	headcounts := []int64{0, 1}
	for _, h := range c.Headcounts() {
		headcounts = append(headcounts, h.ID)
	}
	closing := company.Closing{ReasonID: rapid.SampledFrom(reasons).Draw(t, "reason"), TalentPoolID: rapid.SampledFrom(pools).Draw(t, "pool")}
	stage, headcount := rapid.SampledFrom(stages).Draw(t, "stage"), rapid.SampledFrom(headcounts).Draw(t, "headcount")
	yes := rapid.Bool().Draw(t, "yes")
	fake := ""
	if app := c.Application(id); app != nil && app.Fake != nil {
		fake = app.Fake.ID
	}
	status := rapid.SampledFrom([]string{"unstart", "ongoing", "suspend", "complete", "timeout", "none"}).Draw(t, "status")
	need := rapid.IntRange(0, 3).Draw(t, "need")
	approval := rapid.SampledFrom([]string{company.ApprovalApproved, company.ApprovalRejected, "none"}).Draw(t, "approval")
	return rapid.SampledFrom([]func(company.Commands) error{
		func(do company.Commands) error { return do.MoveStage(id, stage) },
		func(do company.Commands) error { return do.Archive(id, closing) },
		func(do company.Commands) error { return do.GiveUp(id, closing) },
		func(do company.Commands) error { return do.Restore(id) },
		func(do company.Commands) error { return do.Delete(id) },
		func(do company.Commands) error { return do.Remark(id) },
		func(do company.Commands) error {
			return do.Hire(id, company.Hiring{HeadcountID: headcount, UseOfferHeadcount: yes, Probation: 2})
		},
		func(do company.Commands) error { return do.MakeRegular(id, yes, time.Time{}) },
		func(do company.Commands) error {
			return do.Resign(id, company.Resignation{Detail: "走了", ReasonType: closing.ReasonID})
		},
		func(do company.Commands) error { return do.CreateOffer(id) },
		func(do company.Commands) error { return do.ApproveOffer(id, approval) },
		func(do company.Commands) error { return do.SendOffer(id) },
		func(do company.Commands) error {
			return do.AnswerOffer(id, company.Answer{Accepted: yes, Closing: closing})
		},
		func(do company.Commands) error { _, err := do.CreateFakeOffer(id, "李明"); return err },
		func(do company.Commands) error { return do.AcceptFakeOffer(fake) },
		func(do company.Commands) error { return do.DeleteFakeOffer(fake) },
		func(do company.Commands) error { return do.Reject(id, closing, fake) },
		func(do company.Commands) error { do.Apply(); return nil },
		func(do company.Commands) error {
			_, err := do.CreateHeadcount("n", company.HeadcountFields{Need: &need})
			return err
		},
		func(do company.Commands) error {
			return do.UpdateHeadcount(headcount, company.HeadcountFields{Need: &need, Status: &status})
		},
		func(do company.Commands) error { return do.DeleteHeadcount(headcount) },
	}).Draw(t, "command")
}

func TestFakeOfferIDs(t *testing.T) {
	c := company.New(3, start, nil)
	var id int64
	for app := range c.Applications(0) {
		if app.Open() {
			id = app.ID
		}
	}
	first, err := c.By("a", start).CreateFakeOffer(id, "李明")
	if err != nil || c.FakeOffer(first) != id {
		t.Fatalf("%s: %v", first, err)
	}
	if err := c.By("a", start).DeleteFakeOffer(first); err != nil || c.FakeOffer(first) != 0 {
		t.Errorf("a deleted one is found: %v", err)
	}
	second, err := c.By("a", start.Add(time.Second)).CreateFakeOffer(id, "李明")
	if err != nil || second == first || c.FakeOffer(first) != 0 || c.FakeOffer(second) != id {
		t.Errorf("a second one is %s: %v", second, err)
	}
	for _, other := range []string{"", "gesk7uO58DZeThxx", "0000000000000000", "g!!!!!!!!!!!!!!!"} {
		if c.FakeOffer(other) != 0 {
			t.Errorf("%q is found", other)
		}
	}
}
