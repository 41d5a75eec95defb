package api

import (
	"net/http"

	"github.com/mokafka/mokafka/internal/mokasim/company"
)

// offerWrites are the endpoints about offers.
func offerWrites() []route {
	return []route{
		{method: http.MethodPut, path: "/v1/offer/status", do: (*Server).offerStatus, shape: inCode, write: true},
		{method: http.MethodPut, path: "/v1/applications/offerApproval", do: (*Server).offerApproval, shape: inSuccess, write: true},
		{method: http.MethodPost, path: "/v1/sendOffer", do: (*Server).sendOffer, shape: inSuccess, write: true},
	}
}

// offerStatus takes its parameters from the query. Its success is documented
// without a msg.
func (s *Server) offerStatus(c *call) (answer, error) {
	var application int64
	reply := company.Answer{ByAPI: true}
	if err := c.numbers(map[string]*int64{
		"applicationId": &application, "reasonId": &reply.ReasonID, "talentPoolId": &reply.TalentPoolID,
	}); err != nil {
		return answer{}, wrong("applicationId, reasonId, talentPoolId")
	}
	if application == 0 {
		return answer{}, missing("applicationId")
	}
	w := written{operation: "offer_status", application: application, parameters: parameters{}}
	switch accepted := c.query.Get("accepted"); accepted {
	case "1":
		reply.Accepted = true
	case "0":
		if reply.ReasonID == 0 {
			return answer{}, missing("reasonId")
		}
	case "":
		return answer{}, missing("accepted")
	default:
		return answer{}, wrong("accepted")
	}
	w.parameters.put("accepted", reply.Accepted)
	if text := c.query.Get("fbTime"); text != "" {
		var err error
		if reply.At, err = moment("fbTime", text); err != nil {
			return answer{}, err
		}
		w.parameters.put("fbTime", reply.At)
	}
	if reply.ReasonID != 0 {
		w.parameters.put("reasonId", reply.ReasonID)
	}
	if reply.TalentPoolID != 0 {
		w.parameters.put("talentPoolId", reply.TalentPoolID)
	}
	err := s.carry(c, w, company.OperatorAPI, func(do company.Commands) error { return do.AnswerOffer(application, reply) })
	return code0(""), err
}

// approvals are the statuses of offerApproval.
func approvalOf(status int) (string, bool) {
	switch status {
	case 1:
		return company.ApprovalApproved, true
	case 2:
		return company.ApprovalRejected, true
	case 3:
		return company.ApprovalInProgress, true
	default:
		return "", false
	}
}

func (s *Server) offerApproval(c *call) (answer, error) {
	body, err := c.fields()
	if err != nil {
		return answer{}, err
	}
	var application int64
	var status int
	if err := body.required("applicationId", &application); err != nil {
		return answer{}, err
	}
	if err := body.required("status", &status); err != nil {
		return answer{}, err
	}
	approval, ok := approvalOf(status)
	if !ok {
		return answer{}, wrong("status")
	}
	w := written{operation: "offer_approval", application: application, parameters: parameters{"status": status}}
	return success(), s.carry(c, w, company.OperatorAPI, func(do company.Commands) error {
		return do.ApproveOffer(application, approval)
	})
}

// sendOffer wants the address of the HR user who sends.
func (s *Server) sendOffer(c *call) (answer, error) {
	body, err := c.fields()
	if err != nil {
		return answer{}, err
	}
	var application int64
	var email string
	if err := body.required("applicationId", &application); err != nil {
		return answer{}, err
	}
	if err := body.required("hrEmail", &email); err != nil {
		return answer{}, err
	}
	w := written{operation: "send_offer", application: application, parameters: parameters{}}
	return success(), s.carry(c, w, company.OperatorAPI, func(do company.Commands) error { return do.SendOffer(application) })
}
