package company

import "time"

// OperatorAPI is the Operator of changes that came through the HTTP API.
const OperatorAPI = "open api"

// Employment is what became of an application after hiring. The zero value:
// nothing is known.
type Employment struct {
	HeadcountID int64        // hired under; 0: under none
	Probation   int          // months, 0 to 6
	RegularAt   time.Time    // made regular (转正); zero: not, or not yet
	Resignation *Resignation // nil: did not leave
}

// Resignation is how somebody left.
type Resignation struct {
	At     time.Time
	Detail string
	Reason int // 0 terminated employment, 1 resignation, 2 dismissal
	// ReasonType is an archive reason's id; 0: none was given.
	ReasonType int64
	JobName    string
	Department string
}

// FakeOffer marks an application as having an offer that another system keeps;
// Moka counts it and does nothing else with it.
type FakeOffer struct {
	ID        string
	Status    string // OfferPending, OfferAccepted or OfferRejected
	Operator  string
	CreatedAt time.Time
}
