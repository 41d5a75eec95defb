package api

import (
	"net/http"
	"time"

	"github.com/mokafka/mokafka/internal/mokasim/company"
)

// fakeOfferWrites are the endpoints that mark what happens in another system,
// each with the operator who did it there.
func fakeOfferWrites() []route {
	return []route{
		{method: http.MethodPost, path: "/v1/offers", do: (*Server).createFakeOffer, shape: inStatus, write: true},
		{method: http.MethodPut, path: "/v1/offers/{id}/accept", do: (*Server).acceptFakeOffer, shape: inStatus, write: true},
		{method: http.MethodPut, path: "/v1/offers/{id}/delete", do: (*Server).deleteFakeOffer, shape: inStatus, write: true},
		{method: http.MethodPut, path: "/v1/candidates/{id}/hired", do: (*Server).hireCandidate, shape: inStatus, write: true},
		{method: http.MethodPut, path: "/v1/candidates/{id}/reject", do: (*Server).rejectCandidate, shape: inStatus, write: true},
	}
}

// operator is who did it; the name is required.
func (f fields) operator() (name string, err error) {
	var operator fields
	if err := f.required("operator", &operator); err != nil {
		return "", err
	}
	for _, optional := range []string{"email", "phone"} {
		if _, err := operator.text(optional); err != nil {
			return "", wrong("operator." + optional)
		}
	}
	if name, err = operator.text("name"); err != nil {
		return "", wrong("operator.name")
	}
	if name == "" {
		return "", missing("operator.name")
	}
	return name, nil
}

// operated reads a body and its operator.
func (c *call) operated() (fields, string, error) {
	body, err := c.fields()
	if err != nil {
		return nil, "", err
	}
	name, err := body.operator()
	return body, name, err
}

func (s *Server) createFakeOffer(c *call) (answer, error) {
	body, name, err := c.operated()
	if err != nil {
		return answer{}, err
	}
	var application int64
	if err := body.required("applicationId", &application); err != nil {
		return answer{}, err
	}
	var made struct {
		ID string `json:"id"`
	}
	w := written{operation: "create_fake_offer", application: application, parameters: parameters{"operator": name}}
	err = s.carry(c, w, name, func(do company.Commands) (err error) {
		made.ID, err = do.CreateFakeOffer(application, name)
		w.parameters.put("offerId", made.ID)
		return err
	})
	return stated(http.StatusOK, made), err
}

func (s *Server) acceptFakeOffer(c *call) (answer, error) {
	return s.fakeOffer(c, "accept_fake_offer", company.Commands.AcceptFakeOffer)
}

func (s *Server) deleteFakeOffer(c *call) (answer, error) {
	return s.fakeOffer(c, "delete_fake_offer", company.Commands.DeleteFakeOffer)
}

func (s *Server) fakeOffer(c *call, operation string, do func(company.Commands, string) error) (answer, error) {
	_, name, err := c.operated()
	if err != nil {
		return answer{}, err
	}
	w := written{operation: operation, parameters: parameters{"operator": name, "offerId": c.id}}
	return nothing(), s.deps.Act(func(co *company.Company, now time.Time) error {
		w.application = co.FakeOffer(c.id)
		return s.within(c, w, name, co, now, func(commands company.Commands) error { return do(commands, c.id) })
	})
}

func (s *Server) hireCandidate(c *call) (answer, error) {
	_, name, err := c.operated()
	if err != nil {
		return answer{}, err
	}
	id, err := c.own()
	if err != nil {
		return answer{}, err
	}
	w := written{operation: "candidate_hired", application: id, parameters: parameters{"operator": name}}
	return nothing(), s.carry(c, w, name, func(do company.Commands) error { return do.Hire(id, company.Hiring{}) })
}

func (s *Server) rejectCandidate(c *call) (answer, error) {
	body, name, err := c.operated()
	if err != nil {
		return answer{}, err
	}
	id, err := c.own()
	if err != nil {
		return answer{}, err
	}
	var closing company.Closing
	if err := body.required("archiveReasonId", &closing.ReasonID); err != nil {
		return answer{}, err
	}
	offer, err := body.text("offerId")
	if err != nil {
		return answer{}, err
	}
	w := written{operation: "candidate_rejected", application: id, parameters: parameters{"operator": name, "archiveReasonId": closing.ReasonID}}
	if offer != "" {
		w.parameters.put("offerId", offer)
	}
	return nothing(), s.carry(c, w, name, func(do company.Commands) error { return do.Reject(id, closing, offer) })
}
