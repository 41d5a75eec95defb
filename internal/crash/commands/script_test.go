package commands_test

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/mokafka/mokafka/schemas"
)

// sort says what a line of the script is there for.
type sort uint8

const (
	plain sort = iota
	again      // the same command once more
	other      // an id that was used, with other parameters
	late       // expired when it is sent
	brief      // expires soon
)

// line is one record that is to be sent. The times of its command are set when it
// is.
type line struct {
	command *schemas.WritebackCommand
	sort    sort
	// of is the line that this one repeats.
	of *line
}

// script writes what teams ask for: key by key in order, all keys mixed.
type script struct {
	lots   *rand.Rand
	moka   *simulated
	number int
}

func (s *script) chance(p float64) bool { return s.lots.Float64() < p }

func (s *script) new(app int64) *schemas.WritebackCommand {
	s.number++
	c := &schemas.WritebackCommand{CommandID: fmt.Sprintf("c%05d", s.number), OrgID: org, RequestedBy: "trial"}
	if app != 0 {
		c.ApplicationID = &app
	}
	return c
}

// write returns at least n commands over the applications, and one in fifty over
// headcounts.
func (s *script) write(apps []int64, n int) []*line {
	each := n / len(apps)
	var queues [][]*line
	for _, app := range apps {
		queues = append(queues, s.of(app, each))
	}
	for _, h := range s.moka.HeadcountTruths()[:min(3, len(s.moka.HeadcountTruths()))] {
		queues = append(queues, s.ofHeadcount(h.ID, max(1, n/150)))
	}
	for range max(1, n/300) {
		queues = append(queues, s.ofNewHeadcount())
	}
	var all []*line
	for len(queues) > 0 {
		i := s.lots.IntN(len(queues))
		all = append(all, queues[i][0])
		if queues[i] = queues[i][1:]; len(queues[i]) == 0 {
			queues = append(queues[:i], queues[i+1:]...)
		}
	}
	return all
}

// of writes the commands of one application: moves and answers, towards the end
// perhaps hired or rejected, and what comes after that.
func (s *script) of(app int64, n int) []*line {
	var lines []*line
	closed := false
	for i := range n {
		c := s.new(app)
		switch towards := i >= n-3; {
		case closed && s.chance(0.5):
			s.afterwards(c)
		case towards && s.chance(0.35):
			s.close(c)
			closed = true
		default:
			s.open(c)
		}
		one := &line{command: c}
		if closed || c.MoveStage == nil || !s.chance(0.06) {
			lines = append(lines, one)
		} else {
			one.sort = []sort{late, brief}[s.lots.IntN(2)]
			lines = append(lines, one)
		}
		lines = append(lines, s.repeated(lines)...)
	}
	return lines
}

func (s *script) stage() int64 { return s.moka.order[s.lots.IntN(len(s.moka.order))] }

func (s *script) open(c *schemas.WritebackCommand) {
	switch lot := s.lots.Float64(); {
	case lot < 0.62:
		id := s.stage()
		c.MoveStage = &schemas.MoveStage{StageID: &id}
		if s.chance(0.1) {
			want := s.stage()
			c.ExpectedStageID = &want
		}
	case lot < 0.8:
		for name, id := range s.moka.stages {
			if id == s.moka.order[s.number%len(s.moka.order)] {
				c.MoveStage = &schemas.MoveStage{StageName: &name}
			}
		}
	case lot < 0.9:
		c.SetOfferApproval = &schemas.SetOfferApproval{Decision: []schemas.OfferApprovalDecision{
			schemas.OfferApprovalDecisionApproved, schemas.OfferApprovalDecisionInApproval}[s.lots.IntN(2)]}
	default:
		at := time.Date(2026, 1, 1, 0, 0, s.number, 0, time.UTC) // unlike any other
		c.SetOfferStatus = &schemas.SetOfferStatus{Accepted: true, AnsweredAt: &at}
		if s.chance(0.3) {
			want := schemas.OfferStatusSent
			c.ExpectedOfferStatus = &want
		}
	}
}

func (s *script) close(c *schemas.WritebackCommand) {
	switch lot := s.lots.Float64(); {
	case lot < 0.7:
		at := time.Date(2026, 2, 1, 0, 0, s.number, 0, time.UTC)
		c.MarkHired = &schemas.MarkHired{HiredAt: at, ProbationMonths: int32(s.lots.IntN(7))}
	case lot < 0.85:
		remark := c.CommandID
		c.MarkRejected = &schemas.MarkRejected{ReasonID: &s.moka.reason, Remark: &remark}
	default:
		at := time.Date(2026, 1, 1, 0, 0, s.number, 0, time.UTC)
		c.SetOfferStatus = &schemas.SetOfferStatus{ReasonID: &s.moka.reason, AnsweredAt: &at}
	}
}

// afterwards is what is asked for once somebody was hired.
func (s *script) afterwards(c *schemas.WritebackCommand) {
	if s.chance(0.5) {
		at := time.Date(2026, 3, 1, 0, 0, s.number, 0, time.UTC)
		c.MarkRegular = &schemas.MarkRegular{CorrectedAt: &at}
		return
	}
	detail := c.CommandID
	c.MarkResigned = &schemas.MarkResigned{Reason: &detail}
}

// repeated sends one of the last few once more now and then, as it was or with
// other parameters under its id.
func (s *script) repeated(lines []*line) []*line {
	of := lines[len(lines)-1-s.lots.IntN(min(3, len(lines)))]
	switch {
	case of.of != nil:
		return nil
	case s.chance(0.1):
		return []*line{{command: of.command, sort: again, of: of}}
	case s.chance(0.05) && of.command.MoveStage != nil && of.command.MoveStage.StageID != nil:
		changed := *of.command
		id := s.stage()
		for id == *of.command.MoveStage.StageID {
			id = s.stage()
		}
		changed.MoveStage = &schemas.MoveStage{StageID: &id}
		return []*line{{command: &changed, sort: other, of: of}}
	}
	return nil
}

func (s *script) ofHeadcount(id int64, n int) []*line {
	var lines []*line
	for range n {
		c := s.new(0)
		parameters := `{"needNumber":` + strconv.Itoa(10+s.number) + `}`
		c.ChangeHeadcount = &schemas.ChangeHeadcount{Operation: schemas.HeadcountOperationUpdate, HeadcountID: &id, ParametersJSON: &parameters}
		lines = append(lines, &line{command: c})
	}
	return lines
}

func (s *script) ofNewHeadcount() []*line {
	c := s.new(0)
	parameters := `{"number":"TRIAL-` + strconv.Itoa(s.number) + `","jobName":"测试","needNumber":1}`
	mode := schemas.HireModeExperienced
	c.ChangeHeadcount = &schemas.ChangeHeadcount{Operation: schemas.HeadcountOperationCreate, HireMode: &mode, ParametersJSON: &parameters}
	return []*line{{command: c}, {command: c, sort: again, of: &line{command: c}}}
}
