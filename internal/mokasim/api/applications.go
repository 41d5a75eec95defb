package api

import (
	"errors"
	"strconv"
	"time"

	"github.com/mokafka/mokafka/internal/mokasim/company"
)

// applicationWrites are the endpoints that move applications.
func applicationWrites() []route {
	return []route{
		{method: "PUT", path: "/v1/applications/move_application_stage", do: (*Server).moveStage, shape: inOne, write: true},
		{method: "PUT", path: "/v1/applications/{id}/hired", do: (*Server).markHired, shape: inSuccess, write: true},
		{method: "PUT", path: "/v1/applications/{id}/rejected", do: (*Server).markRejected, shape: inSuccess, write: true},
		{method: "PUT", path: "/v1/applications/{id}/corrected", do: (*Server).markRegular, shape: inSuccess, write: true},
		{method: "PUT", path: "/v1/applications/{id}/resign", do: (*Server).markResigned, shape: inSuccess, write: true},
	}
}

// moveStage takes its parameters from the query; its body is ignored.
func (s *Server) moveStage(c *call) (answer, error) {
	var application, stage int64
	if err := c.numbers(map[string]*int64{"applicationId": &application, "stageId": &stage}); err != nil {
		return answer{}, wrong("applicationId, stageId")
	}
	switch {
	case application == 0:
		return answer{}, missing("applicationId")
	case stage == 0:
		return answer{}, missing("stageId")
	}
	w := written{operation: "move_stage", application: application, parameters: parameters{"stageId": stage}}
	err := s.carry(c, w, company.OperatorAPI, func(do company.Commands) error { return do.MoveStage(application, stage) })
	return code0("Success"), err
}

func (s *Server) markHired(c *call) (answer, error) {
	id, body, err := c.about()
	if err != nil {
		return answer{}, err
	}
	hiring := company.Hiring{}
	var at string
	var useOffer int
	if err := body.required("hiredAt", &at); err != nil {
		return answer{}, err
	}
	if hiring.At, err = moment("hiredAt", at); err != nil {
		return answer{}, err
	}
	if err := body.required("probation", &hiring.Probation); err != nil {
		return answer{}, err
	}
	if hiring.Probation < 0 || hiring.Probation > 6 {
		return answer{}, wrong("probation")
	}
	// "It is not allowed to pass hcId="" or hcId=null, just don't pass it."
	if _, given := body["hcId"]; given {
		if err := body.required("hcId", &hiring.HeadcountID); err != nil || hiring.HeadcountID <= 0 {
			return answer{}, wrong("hcId")
		}
	}
	if err := body.reading("isUseOfferHcid", &useOffer); err != nil {
		return answer{}, err
	}
	if useOffer != 0 && useOffer != 1 {
		return answer{}, wrong("isUseOfferHcid")
	}
	hiring.UseOfferHeadcount = useOffer == 1
	w := written{operation: "hired", application: id, parameters: parameters{"probation": hiring.Probation}}
	w.parameters.put("hiredAt", hiring.At)
	if hiring.HeadcountID != 0 {
		w.parameters.put("hcId", hiring.HeadcountID)
	}
	if body.given("isUseOfferHcid") {
		w.parameters.put("isUseOfferHcid", useOffer)
	}
	return success(), s.carry(c, w, company.OperatorAPI, func(do company.Commands) error { return do.Hire(id, hiring) })
}

// markRejected is "gave up onboarding".
func (s *Server) markRejected(c *call) (answer, error) {
	id, body, err := c.about()
	if err != nil {
		return answer{}, err
	}
	var closing company.Closing
	w := written{operation: "rejected", application: id, parameters: parameters{}}
	if err := body.reading("archiveReasonId", &closing.ReasonID); err != nil {
		return answer{}, err
	}
	pool, err := body.text("talentPoolId") // a text, says the document
	if err != nil {
		if err := body.reading("talentPoolId", &closing.TalentPoolID); err != nil {
			return answer{}, err
		}
	} else if closing.TalentPoolID, err = identifier("talentPoolId", pool); err != nil {
		return answer{}, err
	}
	if closing.Detail, err = body.text("detail"); err != nil {
		return answer{}, err
	}
	for name, value := range map[string]int64{"archiveReasonId": closing.ReasonID, "talentPoolId": closing.TalentPoolID} {
		if value != 0 {
			w.parameters.put(name, value)
		}
	}
	if closing.Detail != "" {
		w.parameters.put("detail", closing.Detail)
	}
	return success(), s.carry(c, w, company.OperatorAPI, func(do company.Commands) error { return do.GiveUp(id, closing) })
}

// markRegular makes somebody regular (status 1) or not (0).
func (s *Server) markRegular(c *call) (answer, error) {
	id, body, err := c.about()
	if err != nil {
		return answer{}, err
	}
	var status int
	if err := body.required("status", &status); err != nil {
		return answer{}, err
	}
	if status != 0 && status != 1 {
		return answer{}, wrong("status")
	}
	at, err := body.time("correctedAt")
	if err != nil {
		return answer{}, err
	}
	w := written{operation: "corrected", application: id, parameters: parameters{"status": status}}
	w.parameters.put("correctedAt", at)
	return success(), s.carry(c, w, company.OperatorAPI, func(do company.Commands) error {
		return do.MakeRegular(id, status == 1, at)
	})
}

func (c *call) about() (int64, fields, error) {
	id, err := c.own()
	if err != nil {
		return 0, nil, err
	}
	body, err := c.fields()
	return id, body, err
}

// markResigned has errors of its own, with codes.
func (s *Server) markResigned(c *call) (answer, error) {
	id, body, err := c.about()
	if err != nil {
		return answer{}, &refusal{code: 40040101, zh: "applicationId.error", en: "applicationId.error"}
	}
	left := company.Resignation{}
	if err := body.required("detail", &left.Detail); err != nil {
		return answer{}, err
	}
	if left.At, err = body.time("time"); err != nil {
		return answer{}, err
	}
	if body.reading("reason", &left.Reason) != nil || left.Reason < 0 || left.Reason > 2 || body.reading("reasonType", &left.ReasonType) != nil {
		return answer{}, &refusal{code: 40040102, zh: "reason.error", en: "reason.error"}
	}
	for name, target := range map[string]*string{"resignJobName": &left.JobName, "resignDepartment": &left.Department} {
		if *target, err = body.text(name); err != nil {
			return answer{}, err
		}
	}
	w := written{operation: "resign", application: id, parameters: parameters{"detail": left.Detail}}
	w.parameters.put("time", left.At)
	for _, name := range []string{"reason", "reasonType", "resignJobName", "resignDepartment"} {
		if body.given(name) {
			w.parameters.put(name, body[name])
		}
	}
	email, err := body.text("email")
	if err != nil {
		return answer{}, err
	}
	err = s.deps.Act(func(co *company.Company, _ time.Time) error {
		if email != "" && co.Employee(email) == nil {
			return &refusal{code: 40040105, zh: "email.error", en: "email.error"}
		}
		return nil
	})
	if err != nil {
		return answer{}, err
	}
	err = s.carry(c, w, company.OperatorAPI, func(do company.Commands) error {
		err := do.Resign(id, left)
		switch {
		case errors.Is(err, company.ErrUnknownApplication), errors.Is(err, company.ErrNotHired):
			return &refusal{code: 40040101, zh: "applicationId.error", en: "applicationId.error"}
		case errors.Is(err, company.ErrArchiveReason):
			return &refusal{code: 40040102, zh: "归档信息错误", en: "Archive reason cannot be found"}
		}
		return err
	})
	return success(), err
}

// identifier reads an id that is written as a text; 0 for "".
func identifier(name, text string) (int64, error) {
	if text == "" {
		return 0, nil
	}
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0, wrong(name)
	}
	return id, nil
}
