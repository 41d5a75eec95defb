package mokasim

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/mokafka/mokafka/internal/mokasim/company"
	"github.com/mokafka/mokafka/internal/mokasim/payload"
	"github.com/mokafka/mokafka/internal/mokasim/push"
)

// Trigger is the body of POST /__sim/trigger/{event}; see the package comment.
type Trigger struct {
	ApplicationID       int64  `json:"applicationId,omitempty"`
	Encrypted           *bool  `json:"encrypted,omitempty"`
	SignBeforeEncrypted *bool  `json:"signBeforeEncrypted,omitempty"`
	Key                 string `json:"key,omitempty"`
	Tamper              bool   `json:"tamper,omitempty"`
	Duplicate           bool   `json:"duplicate,omitempty"`
	Retries             *int   `json:"retries,omitempty"`
	Door                string `json:"door,omitempty"`
	Elements            bool   `json:"elements,omitempty"`
	SignedToken         bool   `json:"signedToken,omitempty"`
}

// Triggered is its answer.
type Triggered struct {
	Change Entry         `json:"change"`
	Before []push.Record `json:"before,omitempty"` // what had to be pushed first
	Pushes []push.Record `json:"pushes"`           // one, or two of a duplicate
}

// actOf is what makes a recruiter cause an event.
func actOf(event string) (company.Act, error) {
	switch event {
	case payload.PushCandidate:
		return company.ImportEHR, nil
	case payload.CreateInterviewsInfo:
		return company.ArrangeInterview, nil
	case payload.UpdateInterviewsInfo:
		return company.UpdateInterview, nil
	case payload.DeleteInterviewsInfo:
		return company.CancelInterview, nil
	default:
		return "", refuse(http.StatusNotFound, "there is no event %q; Moka has %s", event, strings.Join(payload.Events(), ", "))
	}
}

func (s *Simulator) trigger(w http.ResponseWriter, r *http.Request) (any, error) {
	act, err := actOf(r.PathValue("event"))
	if err != nil {
		return nil, err
	}
	var wanted Trigger
	if err := read(w, r, &wanted); err != nil {
		return nil, err
	}
	manner, retries, err := s.wanted(act, wanted)
	if err != nil {
		return nil, err
	}
	deliveries, err := s.perform(originTrigger, act, wanted.ApplicationID)
	if err != nil {
		return nil, err
	}
	asked := deliveries[len(deliveries)-1]
	result := Triggered{Change: asked.entry}
	for _, one := range deliveries[:len(deliveries)-1] {
		record, err := s.send(r.Context(), one, originTrigger, s.cfg.manner(), retries)
		if err != nil {
			return nil, err
		}
		result.Before = append(result.Before, record)
	}
	message, err := s.cfg.keys().Seal(asked.webhook, manner)
	if err != nil {
		return nil, err
	}
	result.Pushes = []push.Record{s.transmit(r.Context(), message, originTrigger, retries, false)}
	if wanted.Duplicate {
		result.Pushes = append(result.Pushes, s.transmit(r.Context(), message, originTrigger, retries, true))
	}
	return result, nil
}

// wanted checks what was asked for before the company does anything.
func (s *Simulator) wanted(act company.Act, trigger Trigger) (push.Manner, int, error) {
	manner, retries := s.cfg.manner(), s.cfg.Retries
	if s.sender == nil {
		return manner, 0, refuse(http.StatusConflict, "no webhook is set up: SIM_WEBHOOK_URL is empty")
	}
	if trigger.ApplicationID < 0 {
		return manner, 0, refuse(http.StatusBadRequest, "applicationId %d is negative", trigger.ApplicationID)
	}
	manner.Elements, manner.SignedToken = trigger.Elements, trigger.SignedToken
	if err := s.through(trigger.Door, act, &manner); err != nil {
		return manner, 0, err
	}
	if trigger.Encrypted != nil {
		manner.Encrypt = *trigger.Encrypted
	}
	if trigger.SignBeforeEncrypted != nil {
		manner.SignBeforeEncrypted = *trigger.SignBeforeEncrypted
	}
	manner.Key, manner.Tamper = trigger.Key, trigger.Tamper
	if trigger.Retries != nil {
		retries = *trigger.Retries
		if err := validRetries(retries); err != nil {
			return manner, 0, refuse(http.StatusBadRequest, "retries: %v", err)
		}
	}
	switch err := s.cfg.keys().Check(manner); {
	case errors.Is(err, push.ErrUnknownKey):
		return manner, 0, refuse(http.StatusBadRequest, "key %q: %v", trigger.Key, err)
	case errors.Is(err, push.ErrManner):
		return manner, 0, refuse(http.StatusBadRequest, "%v", err)
	case err != nil:
		return manner, 0, refuse(http.StatusConflict, "%v", err)
	}
	return manner, retries, nil
}

// through chooses the door of a push.
func (s *Simulator) through(door string, act company.Act, manner *push.Manner) error {
	var address string
	switch door {
	case "", push.DoorREST:
		return nil
	case push.DoorSOAP:
		address = s.cfg.SOAPURL
	case push.DoorZhiren:
		address = s.cfg.ZhirenURL
		manner.Encrypt = false
	default:
		return refuse(http.StatusBadRequest, "door %q: want %s, %s or %s", door, push.DoorREST, push.DoorSOAP, push.DoorZhiren)
	}
	if address == "" {
		return refuse(http.StatusConflict, "no door for %s is set up: its SIM_…_URL is empty", door)
	}
	if act != company.ImportEHR {
		return refuse(http.StatusBadRequest, "%v", push.ErrManner)
	}
	manner.Door = door
	return nil
}

// perform does an act and returns its webhooks, the act's own last.
func (s *Simulator) perform(origin string, act company.Act, applicationID int64) ([]delivery, error) {
	deliveries, err := s.act(origin, func(c *company.Company, now time.Time) error {
		return c.Perform(act, applicationID, now)
	})
	switch {
	case errors.Is(err, company.ErrUnknownApplication):
		return nil, refuse(http.StatusNotFound, "%v; GET /__sim/log names some", err)
	case errors.Is(err, company.ErrClosedApplication):
		return nil, refuse(http.StatusConflict, "%v", err)
	case err != nil:
		return nil, err
	}
	return deliveries, nil
}
