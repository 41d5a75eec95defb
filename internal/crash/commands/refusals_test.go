package commands_test

import (
	"strings"
	"testing"
	"time"

	"github.com/mokafka/mokafka/internal/mokasim"
	"github.com/mokafka/mokafka/schemas"
)

// refusal is a command that Moka refuses, and in which words it documents that.
type refusal struct {
	name string
	// before is what somebody does to the application first.
	before []string
	ask    func(c *schemas.WritebackCommand)
	code   string // "" where Moka's answer has none
	text   string
}

// TestMokasRefusalsAreResults: what Moka documents as a refusal is REJECTED after
// one attempt, with its code and text, and whatever comes behind it goes on.
func TestMokasRefusalsAreResults(t *testing.T) {
	r := newRig(t, 1)
	pool, missing := int64(1), int64(999_999_999)
	answered := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	reject := func(c *schemas.WritebackCommand) {
		c.SetOfferStatus = &schemas.SetOfferStatus{ReasonID: &r.moka.reason, AnsweredAt: &answered}
	}
	accept := func(c *schemas.WritebackCommand) {
		c.SetOfferStatus = &schemas.SetOfferStatus{Accepted: true, AnsweredAt: &answered}
	}
	hire := func(c *schemas.WritebackCommand) { c.MarkHired = &schemas.MarkHired{HiredAt: answered} }
	taken := `{"number":"` + r.moka.HeadcountTruths()[0].Number + `","jobName":"测试","needNumber":1}`
	cases := []refusal{
		{"archived, hired", []string{"archive"}, hire, "", "该申请已归档"},
		{"archived, offer", []string{"offer_create", "offer_approve", "offer_send", "archive"}, accept, "300502", "该申请已归档"},
		{"no such headcount", nil, func(c *schemas.WritebackCommand) {
			c.MarkHired = &schemas.MarkHired{HiredAt: answered, HeadcountID: &missing}
		}, "", "hcId 参数错误"},
		{"offer accepted", []string{"offer_create", "offer_approve", "offer_send", "offer_accept"}, reject, "300608", "Offer已被接受"},
		{"offer not sent", []string{"offer_create"}, accept, "300606", "Offer状态错误"},
		{"no offer", nil, accept, "300600", "Offer不存在"},
		{"no such talent pool", []string{"offer_create", "offer_approve", "offer_send"}, func(c *schemas.WritebackCommand) {
			reject(c)
			c.SetOfferStatus.TalentPoolID = &pool
		}, "300520", "归档人才库不存在"},
		{"not in 待入职", nil, func(c *schemas.WritebackCommand) { c.MarkRejected = &schemas.MarkRejected{ReasonID: &r.moka.reason} },
			"", "申请当前阶段错误"},
		{"never hired", nil, func(c *schemas.WritebackCommand) { c.MarkRegular = &schemas.MarkRegular{} }, "", "转正状态错误"},
		{"never there", nil, func(c *schemas.WritebackCommand) {
			detail := "x"
			c.MarkResigned = &schemas.MarkResigned{Reason: &detail}
		}, "40040101", "applicationId.error"},
		{"number taken", nil, func(c *schemas.WritebackCommand) {
			mode := schemas.HireModeExperienced
			c.ApplicationID, c.ChangeHeadcount = nil, &schemas.ChangeHeadcount{
				Operation: schemas.HeadcountOperationCreate, HireMode: &mode, ParametersJSON: &taken}
		}, "300400", "number 参数错误"},
	}
	if !r.moka.human(t, mokasim.Human{Act: "apply", Count: len(cases)}) {
		t.Fatal("nobody can apply")
	}
	truths := r.moka.Truths(0, 100_000)
	apps := truths[len(truths)-len(cases):]
	for i, c := range cases {
		for _, act := range c.before {
			if !r.moka.human(t, mokasim.Human{Act: act, ApplicationID: apps[i].ApplicationID}) {
				t.Fatalf("%s: %s is refused", c.name, act)
			}
		}
	}
	pause(t, 2*time.Second) // Moka's times are whole seconds: nobody was faster than the commands
	lines := make([]*schemas.WritebackCommand, len(cases))
	for i, c := range cases {
		one := (&script{number: i, moka: r.moka}).new(apps[i].ApplicationID)
		one.RequestedAt = time.Now()
		c.ask(one)
		lines[i] = one
		r.send(one)
	}
	r.workers[0].start()
	r.settled()
	r.workers[0].stop()
	results, _ := r.outcomes()
	written := map[string]int{}
	for _, call := range r.moka.seenCalls() {
		if call.write {
			written[call.about]++
		}
	}
	for i, c := range cases {
		got := results[lines[i].CommandID]
		switch {
		case got == nil:
			t.Errorf("%s: no result", c.name)
		case got.Outcome != schemas.WritebackOutcomeRejected || got.Attempts != 1 || written[keyOf(lines[i])] != 1:
			t.Errorf("%s: %s after %d attempts and %d calls: %s", c.name, got.Outcome, got.Attempts, written[keyOf(lines[i])], text(got.Reason))
		case text(got.MokaCode) != c.code || text(got.MokaMessage) != c.text || !strings.Contains(text(got.Reason), c.text):
			t.Errorf("%s: code %q, text %q (%s), want %q, %q", c.name, text(got.MokaCode), text(got.MokaMessage), text(got.Reason), c.code, c.text)
		}
	}
	if effects := r.moka.effects(t); len(effects) > 0 {
		t.Errorf("%d effects", len(effects))
	}
	if letters := r.letters(); len(letters) > 0 {
		t.Errorf("dead letters: %v", letters)
	}
}
