package intake

import "time"

// Given are results without a measurement: for each party the rates of its
// rounds, with one number of connections. Latencies and memory follow from them.
func Given(connections int, rounds map[string][]float64, parties ...string) *Results {
	r := &Results{cfg: Config{Connections: []int{connections}}, parties: parties, samples: map[key][]sample{}}
	for _, party := range parties {
		for i, rate := range rounds[party] {
			took := time.Duration(float64(time.Second) / rate)
			k := key{party, connections}
			r.samples[k] = append(r.samples[k], sample{
				rate: rate, p50: took, p99: 100 * took, refused: int64(i), server: took, resident: int64(i+1) << 20,
			})
		}
	}
	return r
}
