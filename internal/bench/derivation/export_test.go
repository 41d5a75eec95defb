package derivation

import "time"

// GivenPair is a round without a measurement: entries in a second, by ours and
// by the floor.
type GivenPair struct{ Ours, Floor int64 }

// Given are results without a measurement.
func Given(kind Kind, rounds ...GivenPair) *Results {
	r := &Results{pairs: map[Kind][]pair{}}
	for _, g := range rounds {
		r.pairs[kind] = append(r.pairs[kind], pair{
			ours: measurement{
				Entries: g.Ours, Elapsed: time.Second, CPU: 2 * time.Second, Resident: 64 << 20,
				Topics: map[string]written{"a": {10, 100 * float64(g.Ours)}, "b": {10, 50 * float64(g.Ours)}},
			},
			floor: measurement{Entries: g.Floor, Elapsed: time.Second},
		})
	}
	return r
}

// Entry is the n-th entry of a kind of journal.
func Entry(kind Kind, applications, n int, begin time.Time) (entryID string, body []byte, err error) {
	s, err := newSeed(kind, applications, begin)
	if err != nil {
		return "", nil, err
	}
	e := s.entry(n)
	return e.EntryID, e.Body, nil
}
