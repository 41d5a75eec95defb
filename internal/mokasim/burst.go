package mokasim

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/mokafka/mokafka/internal/mokasim/company"
	"github.com/mokafka/mokafka/internal/mokasim/payload"
	"github.com/mokafka/mokafka/internal/mokasim/push"
)

const (
	maxBurst       = 100_000
	maxConcurrency = 256
)

// Burst is the body of POST /__sim/burst.
type Burst struct {
	Count       int    `json:"count"`       // 1 to 100,000
	Concurrency int    `json:"concurrency"` // 1 (the default) to 256
	Event       string `json:"event,omitempty"`
	Encrypted   *bool  `json:"encrypted,omitempty"`
	Retries     *int   `json:"retries,omitempty"`
	Door        string `json:"door,omitempty"`
}

// Fired is its answer. Pushes may exceed the count where an interview had to be
// arranged before it could be updated or cancelled.
type Fired struct {
	Pushes    int            `json:"pushes"`
	Outcomes  map[string]int `json:"outcomes"`
	Statuses  map[string]int `json:"statuses"` // last answers by HTTP status; "none" for none
	Requests  int            `json:"requests"` // with repetitions
	Seconds   float64        `json:"seconds"`
	PerSecond float64        `json:"perSecond"`
	Millis    Latency        `json:"millis"` // of the last attempt of each push
}

// Latency in milliseconds.
type Latency struct {
	P50 float64 `json:"p50"`
	P99 float64 `json:"p99"`
	Max float64 `json:"max"`
}

func (s *Simulator) fire(w http.ResponseWriter, r *http.Request) (any, error) {
	wanted := Burst{Concurrency: 1, Event: payload.PushCandidate}
	if err := read(w, r, &wanted); err != nil {
		return nil, err
	}
	if wanted.Count < 1 || wanted.Count > maxBurst || wanted.Concurrency < 1 || wanted.Concurrency > maxConcurrency {
		return nil, refuse(http.StatusBadRequest, "want a count from 1 to %d and a concurrency from 1 to %d, not %d and %d",
			maxBurst, maxConcurrency, wanted.Count, wanted.Concurrency)
	}
	act, err := actOf(wanted.Event)
	if err != nil {
		return nil, err
	}
	manner, retries, err := s.wanted(act, Trigger{Encrypted: wanted.Encrypted, Retries: wanted.Retries, Door: wanted.Door})
	if err != nil {
		return nil, err
	}
	if !s.burst.TryLock() {
		return nil, refuse(http.StatusConflict, "a burst is in progress")
	}
	defer s.burst.Unlock()
	began := s.clock.Now()
	records, err := s.volley(r.Context(), act, wanted, manner, retries)
	if err != nil {
		return nil, err
	}
	return summary(records, s.clock.Now().Sub(began)), nil
}

// volley performs the acts in order and sends what comes of them concurrently.
// It ends early when ctx does, and returns when all its senders have ended.
func (s *Simulator) volley(ctx context.Context, act company.Act, wanted Burst, manner push.Manner, retries int) ([]push.Record, error) {
	var (
		senders sync.WaitGroup
		mu      sync.Mutex
		records []push.Record
		failure error
		work    = make(chan delivery)
	)
	for range wanted.Concurrency {
		senders.Go(func() {
			for one := range work {
				record, err := s.send(ctx, one, originBurst, manner, retries)
				record.Body, record.Answer = "", ""
				mu.Lock()
				if err != nil {
					failure = err
				} else {
					records = append(records, record)
				}
				mu.Unlock()
			}
		})
	}
	err := func() error {
		for n := 0; n < wanted.Count && ctx.Err() == nil; n++ {
			deliveries, err := s.perform(originBurst, act, 0)
			if err != nil {
				return err
			}
			for _, one := range deliveries {
				work <- one // once ctx has ended, senders record it as abandoned at once
			}
		}
		return nil
	}()
	close(work)
	senders.Wait()
	if err == nil {
		err = failure
	}
	return records, err
}

func summary(records []push.Record, took time.Duration) Fired {
	fired := Fired{Pushes: len(records), Outcomes: map[string]int{}, Statuses: map[string]int{}, Seconds: took.Seconds()}
	var millis []float64
	for _, record := range records {
		fired.Outcomes[record.Outcome]++
		fired.Requests += len(record.Attempts)
		status := "none"
		if record.Status != 0 {
			status = strconv.Itoa(record.Status)
		}
		fired.Statuses[status]++
		if n := len(record.Attempts); n > 0 {
			millis = append(millis, record.Attempts[n-1].Millis)
		}
	}
	if fired.Seconds > 0 {
		fired.PerSecond = float64(fired.Pushes) / fired.Seconds
	}
	if len(millis) > 0 {
		slices.Sort(millis)
		fired.Millis = Latency{millis[len(millis)/2], millis[len(millis)*99/100], millis[len(millis)-1]}
	}
	return fired
}
