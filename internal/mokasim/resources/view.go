package resources

import (
	"net/http"
	"time"

	"github.com/mokafka/mokafka/internal/mokasim/company"
)

// Quirks are what makes answers hard to read and rows hard to find. The zero
// value has none.
type Quirks struct {
	// Share of the places where a quirk can be that have it: 0 to 1.
	Share float64
	// VisibleAfter is how long at most the feeds by time do not show an
	// application or headcount that has just changed; each change has its own
	// delay up to that. Reads by id show it at once.
	VisibleAfter time.Duration
}

// View is one reading of a company. It must not be used while the company
// changes, nor shared: make one for each request.
type View struct {
	Company *company.Company
	OrgID   string
	Now     time.Time // by Moka's clock
	Number  uint64    // of this reading: signs links, draws quirks
	Quirks  Quirks
}

// Answer is what an endpoint says: an HTTP status and a value for
// payload.Stringify, complete with the endpoint's own envelope.
type Answer struct {
	Status int
	Body   any
}

func found(body any) Answer { return Answer{http.StatusOK, body} }
