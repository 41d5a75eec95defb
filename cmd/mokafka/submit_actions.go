package main

import (
	"errors"
	"strconv"
	"time"

	"github.com/spf13/pflag"

	"github.com/mokafka/mokafka/schemas"
)

// applicationActions are those on applications and their offers.
func applicationActions() []action {
	return []action{
		{
			use: "move-stage --application N --stage STAGE", short: "Move an application to another stage (移动阶段)",
			example: "  mokafka submit move-stage --application 12798 --stage 面试 --wait",
			flags:   moveStageFlags,
		},
		{
			use: "mark-hired --application N --hired-at DAY --probation MONTHS", short: "Mark as hired (已入职)",
			example: "  mokafka submit mark-hired --application 12798 --hired-at 2026-12-01 --probation 3",
			flags:   markHiredFlags,
		},
		{
			use: "offer-status --application N --accept|--reject", short: "Answer the offer for the candidate (接受/拒绝 offer)",
			example: "  mokafka submit offer-status --application 12798 --accept --expect-offer sent\n" +
				"  mokafka submit offer-status --application 12798 --reject --reason 7",
			flags: offerStatusFlags,
		},
		{
			use: "offer-approval --application N --decision DECISION", short: "Record how the approval of the offer went (offer 审批)",
			flags: offerApprovalFlags,
		},
		{
			use: "mark-rejected --application N", short: "Mark that the candidate gave up onboarding (放弃入职)",
			flags: markRejectedFlags,
		},
		{
			use: "mark-regular --application N", short: "Mark that the employee was made regular (转正)",
			long: "Marks that the employee was made regular (转正), or with --undo that he is not yet. Moka shows\n" +
				"this in no reading: where it is unclear whether a write happened, the command has FAILED and\n" +
				"parks its application, for somebody to look.",
			flags: markRegularFlags,
		},
		{
			use: "mark-resigned --application N --reason TEXT", short: "Mark that the employee left the company (离职)",
			flags: markResignedFlags,
		},
		fakeOfferAction(),
	}
}

// optional is the value of a flag where it was given, else nil.
func optional[T any](f *pflag.FlagSet, name string, value *T) *T {
	if !f.Changed(name) {
		return nil
	}
	return value
}

// optionalTime reads a flag that is a day or a time.
func optionalTime(f *pflag.FlagSet, name, text string, zone *time.Location) (*time.Time, error) {
	if !f.Changed(name) {
		return nil, nil
	}
	at, _, err := momentOf("--"+name, text, zone)
	if err != nil {
		return nil, err
	}
	return &at, nil
}

func moveStageFlags(f *pflag.FlagSet) filler {
	stage := f.String("stage", "", "the stage, by its id or by its name in the job's pipeline (required)")
	return func(c *schemas.WritebackCommand, _ []string, _ *time.Location) error {
		c.MoveStage = &schemas.MoveStage{}
		if id, err := strconv.ParseInt(*stage, 10, 64); err == nil {
			c.MoveStage.StageID = &id
		} else {
			c.MoveStage.StageName = optional(f, "stage", stage)
		}
		return nil
	}
}

func markHiredFlags(f *pflag.FlagSet) filler {
	at := f.String("hired-at", "", "the day of entry: a date in Moka's time zone, or a time (required)")
	probation := f.Int32("probation", 0, "months of probation, 0 to 6 (required)")
	headcount := f.Int64("headcount", 0, "the headcount that is filled")
	use := f.Bool("use-offer-headcount", false, "fill the headcount of the offer")
	return func(c *schemas.WritebackCommand, _ []string, zone *time.Location) error {
		if !f.Changed("hired-at") || !f.Changed("probation") {
			return errors.New("mark-hired needs --hired-at and --probation")
		}
		hired, err := optionalTime(f, "hired-at", *at, zone)
		if err != nil {
			return err
		}
		c.MarkHired = &schemas.MarkHired{
			HiredAt: *hired, ProbationMonths: *probation,
			HeadcountID: optional(f, "headcount", headcount), UseOfferHeadcount: optional(f, "use-offer-headcount", use),
		}
		return nil
	}
}

func offerStatusFlags(f *pflag.FlagSet) filler {
	accept := f.Bool("accept", false, "the candidate accepted")
	reject := f.Bool("reject", false, "the candidate rejected")
	reason := f.Int64("reason", 0, "why, an id of Moka's archive reasons; required to reject")
	pool := f.Int64("talent-pool", 0, "the talent pool for whoever rejected")
	at := f.String("answered-at", "", "when the candidate answered: a date in Moka's time zone, or a time")
	return func(c *schemas.WritebackCommand, _ []string, zone *time.Location) error {
		if *accept == *reject {
			return errors.New("offer-status needs --accept or --reject")
		}
		answered, err := optionalTime(f, "answered-at", *at, zone)
		if err != nil {
			return err
		}
		c.SetOfferStatus = &schemas.SetOfferStatus{
			Accepted: *accept, ReasonID: optional(f, "reason", reason), TalentPoolID: optional(f, "talent-pool", pool), AnsweredAt: answered,
		}
		return nil
	}
}

func offerApprovalFlags(f *pflag.FlagSet) filler {
	decision := f.String("decision", "", "approved, denied or in-approval (required)")
	return func(c *schemas.WritebackCommand, _ []string, _ *time.Location) error {
		d, err := word("--decision", *decision, schemas.OfferApprovalDecisionApproved, schemas.OfferApprovalDecisionDenied,
			schemas.OfferApprovalDecisionInApproval)
		c.SetOfferApproval = &schemas.SetOfferApproval{Decision: d}
		return err
	}
}

func markRejectedFlags(f *pflag.FlagSet) filler {
	reason := f.Int64("reason", 0, "why, an id of Moka's archive reasons")
	pool := f.String("talent-pool", "", "the talent pool to move to (default: the public one)")
	remark := f.String("remark", "", "a remark")
	return func(c *schemas.WritebackCommand, _ []string, _ *time.Location) error {
		c.MarkRejected = &schemas.MarkRejected{
			ReasonID: optional(f, "reason", reason), TalentPoolID: optional(f, "talent-pool", pool), Remark: optional(f, "remark", remark),
		}
		return nil
	}
}

func markRegularFlags(f *pflag.FlagSet) filler {
	at := f.String("at", "", "since when: a date in Moka's time zone, or a time (default: now)")
	undo := f.Bool("undo", false, "mark that the employee is not regular yet")
	return func(c *schemas.WritebackCommand, _ []string, zone *time.Location) error {
		since, err := optionalTime(f, "at", *at, zone)
		c.MarkRegular = &schemas.MarkRegular{CorrectedAt: since, Undo: *undo}
		return err
	}
}

func markResignedFlags(f *pflag.FlagSet) filler {
	reason := f.String("reason", "", "why, a text (required)")
	at := f.String("at", "", "when: a date in Moka's time zone, or a time (default: now)")
	reasonType := f.Int64("reason-type", 0, "an archive reason of the resigned type")
	kind := f.String("kind", "", "who ended it: terminated, resigned or dismissed")
	email := f.String("operator-email", "", "the Moka user on whose behalf")
	pools := f.Int64Slice("talent-pools", nil, "talent pools to move to")
	job := f.String("job", "", "the position that was left, to be written back")
	department := f.String("department", "", "its department; goes with --job")
	jobType := f.String("job-type", "", "its category; goes with --job")
	return func(c *schemas.WritebackCommand, _ []string, zone *time.Location) error {
		left, err := optionalTime(f, "at", *at, zone)
		if err != nil {
			return err
		}
		r := &schemas.MarkResigned{
			ResignedAt: left, Reason: optional(f, "reason", reason), ReasonTypeID: optional(f, "reason-type", reasonType),
			OperatorEmail: optional(f, "operator-email", email), TalentPoolIds: *pools,
			JobName: optional(f, "job", job), Department: optional(f, "department", department), JobType: optional(f, "job-type", jobType),
		}
		if f.Changed("kind") {
			k, err := word("--kind", *kind, schemas.ResignationKindTerminated, schemas.ResignationKindResigned, schemas.ResignationKindDismissed)
			if err != nil {
				return err
			}
			r.Kind = &k
		}
		c.MarkResigned = r
		return nil
	}
}
