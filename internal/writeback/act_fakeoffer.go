package writeback

import (
	"encoding/json"
	"time"

	"github.com/mokafka/mokafka/internal/moka"
	"github.com/mokafka/mokafka/schemas"
)

// fakeOffer handles a mark for Moka's reports, which Moka shows in no reading;
// what HIRED and REJECT do to the application it does show.
type fakeOffer struct {
	*schemas.FakeOffer
	closing
	by     moka.Operator
	reason int64
}

func (a *fakeOffer) check() error {
	object, err := jsonObject(a.ParametersJSON)
	if err != nil {
		return bad("fake_offer: %w", err)
	}
	var operator struct {
		Name  string `json:"name"`
		Email string `json:"email"`
		Phone string `json:"phone"`
	}
	if raw, ok := object["operator"]; ok {
		err = json.Unmarshal(raw, &operator)
	}
	if err != nil || operator.Name == "" {
		return bad("fake_offer: parameters_json needs operator, an object with a name, and email and phone as texts if at all")
	}
	a.by = moka.Operator{Name: operator.Name, Email: operator.Email, Phone: operator.Phone}
	known := map[string]bool{"operator": true, "archiveReasonId": a.Operation == schemas.FakeOfferOperationReject}
	for name := range object {
		if !known[name] {
			return bad("fake_offer: parameters_json has a parameter that %s does not take", a.Operation)
		}
	}
	return a.checkOperation(object)
}

func (a *fakeOffer) checkOperation(object map[string]json.RawMessage) error {
	has := a.FakeOfferID != nil && *a.FakeOfferID != ""
	switch a.Operation {
	case schemas.FakeOfferOperationCreate, schemas.FakeOfferOperationHired:
		if a.FakeOfferID != nil {
			return bad("fake_offer: fake_offer_id is not for %s", a.Operation)
		}
	case schemas.FakeOfferOperationAccept, schemas.FakeOfferOperationDelete:
		if !has {
			return bad("fake_offer needs fake_offer_id for %s", a.Operation)
		}
	case schemas.FakeOfferOperationReject:
		if err := json.Unmarshal(object["archiveReasonId"], &a.reason); err != nil || a.reason <= 0 {
			return bad("fake_offer: parameters_json needs archiveReasonId, a number, for REJECT")
		}
	case schemas.FakeOfferOperationUnknown:
		return bad("fake_offer: operation is none of CREATE, ACCEPT, DELETE, HIRED, REJECT")
	}
	return nil
}

func (a *fakeOffer) parameters() map[string]any {
	p := map[string]any{"operation": string(a.Operation), "operator": map[string]any{
		"name": a.by.Name, "email": a.by.Email, "phone": a.by.Phone,
	}}
	put(p, "fake_offer_id", a.FakeOfferID)
	if a.reason != 0 {
		p["archive_reason_id"] = a.reason
	}
	return p
}

// closes tells whether the application is closed by it.
func (a *fakeOffer) closes() bool {
	return a.Operation == schemas.FakeOfferOperationHired || a.Operation == schemas.FakeOfferOperationReject
}

func (a *fakeOffer) field() string {
	switch a.Operation {
	case schemas.FakeOfferOperationHired:
		return hiredField
	case schemas.FakeOfferOperationReject:
		return archivedField
	default:
		return fakeField
	}
}

func (a *fakeOffer) value() string { return "" }

func (a *fakeOffer) after() any {
	switch a.Operation {
	case schemas.FakeOfferOperationHired:
		return map[string]any{"status": statusHired}
	case schemas.FakeOfferOperationReject:
		return map[string]any{"archived": true, "status": statusRejected}
	default:
		return map[string]any{"operation": a.Operation}
	}
}

func (a *fakeOffer) before(v *View) any {
	if a.closes() {
		return standing(v)
	}
	return nil
}

func (a *fakeOffer) inForce(v *View) bool {
	switch a.Operation {
	case schemas.FakeOfferOperationHired:
		return isHired(v)
	case schemas.FakeOfferOperationReject:
		return v.Archived && v.Status == statusRejected
	default:
		return false
	}
}

func (a *fakeOffer) needsStatus() bool { return a.closes() }

func (a *fakeOffer) certainty() certainty {
	if a.closes() {
		return certain
	}
	return blind
}

func (a *fakeOffer) superseded(v *View, asked time.Time, own []Change) string {
	if a.closes() {
		return a.closing.superseded(v, asked, own)
	}
	return closedSince(v, asked, own)
}
