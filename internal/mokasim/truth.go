package mokasim

import (
	"math"
	"net/http"

	"github.com/mokafka/mokafka/internal/mokasim/company"
)

const truthPage = 5_000

// TruthPage is the answer of GET /__sim/truth.
type TruthPage struct {
	Applications []company.Truth          `json:"applications"`
	Headcounts   []company.HeadcountTruth `json:"headcounts,omitempty"` // all of them, on the first page
	// Next is the after of the next page; 0: this was the last.
	Next int64 `json:"next"`
}

func (s *Simulator) truth(_ http.ResponseWriter, r *http.Request) (any, error) {
	after, err := number(r, "after", 0, math.MaxInt64)
	if err != nil {
		return nil, err
	}
	limit, err := number(r, "limit", 1_000, truthPage)
	if err != nil {
		return nil, err
	}
	page := TruthPage{Applications: s.Truths(int64(after), int(limit))}
	if after == 0 {
		page.Headcounts = s.HeadcountTruths()
	}
	if n := len(page.Applications); n > 0 && uint64(n) == limit {
		page.Next = page.Applications[n-1].ApplicationID
	}
	return page, nil
}
