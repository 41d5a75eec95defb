package mokasim

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/mokafka/mokafka/internal/mokasim/api"
	"github.com/mokafka/mokafka/internal/mokasim/company"
	"github.com/mokafka/mokafka/internal/mokasim/resources"
)

// Languages of the API's refusals.
const (
	chinese = "zh"
	english = "en"
)

const (
	maxPerMinute = 10_000_000
	maxLatency   = 10 * time.Minute
)

// newAPI makes Moka's API over the simulator's company, which need not be
// founded yet.
func (s *Simulator) newAPI() *api.Server {
	return api.New(api.Config{
		OrgID: s.cfg.OrgID, Seed: s.cfg.Seed, APIKey: s.cfg.APIKey, ClientID: s.cfg.ClientID, ClientSecret: s.cfg.ClientSecret,
		PerMinute: s.cfg.QuotaPerMinute, HeadcountWritesPerMinute: s.cfg.HeadcountWritesPerMinute,
		Window: s.cfg.QuotaWindow, Refusal: s.cfg.QuotaRefusal, Latency: s.cfg.Latency, Jitter: s.cfg.LatencyJitter,
		Effects: s.cfg.Effects, English: s.cfg.Language == english,
		Quirks: resources.Quirks{Share: s.cfg.Quirks, VisibleAfter: s.cfg.VisibleAfter},
	}, api.Deps{Clock: mokaClock{s.clock, s.cfg.ClockSkew}, Act: s.byAPI, Log: s.log})
}

// API is Moka's API: an http.Handler for everything under /api-platform, and
// how it is told what to do. Usable after Open, and while Run is Ready.
func (s *Simulator) API() *api.Server { return s.api }

// byAPI is an act of the API. Where one makes interviews fall through, Moka
// tells the world of it: those pushes queue behind the others.
func (s *Simulator) byAPI(do func(c *company.Company, now time.Time) error) error {
	deliveries, err := s.act(originAPI, do)
	if err != nil {
		return err
	}
	s.enqueue(deliveries)
	return nil
}

// enqueue hands pushes to the sender; without one (see Open), pushes them here.
func (s *Simulator) enqueue(deliveries []delivery) {
	for _, one := range deliveries {
		if !s.running.Load() {
			// Nobody's request: it is to arrive also if whoever caused it hangs up.
			if _, err := s.send(context.Background(), one, originAPI, s.cfg.manner(), s.cfg.Retries); err != nil {
				s.log.Error().Err(err).Str("webhook_id", one.webhook.ID).Msg("simulator could not seal a webhook")
			}
			continue
		}
		select {
		case <-s.stopping:
			s.abandon(one)
			continue
		default:
		}
		select {
		case s.queue <- one:
		case <-s.stopping:
			s.abandon(one)
		}
	}
}

// mokaClock is Moka's clock: ahead of ours, or behind.
type mokaClock struct {
	Clock
	skew time.Duration
}

func (c mokaClock) Now() time.Time { return c.Clock.Now().Add(c.skew) }

// port are the faults of what the API is like.
func (c Config) port() []error {
	var faults []error
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	if c.APIKey == "" {
		fault("SIM_API_KEY: is empty")
	}
	if (c.ClientID == "") != (c.ClientSecret == "") {
		fault("SIM_CLIENT_ID, SIM_CLIENT_SECRET: want both or none")
	}
	for _, one := range []struct {
		name  string
		value int
	}{{"SIM_QUOTA_PER_MINUTE", c.QuotaPerMinute}, {"SIM_HEADCOUNT_WRITES_PER_MINUTE", c.HeadcountWritesPerMinute}} {
		if one.value < 0 || one.value > maxPerMinute {
			fault("%s: %d is not between 0 and %d", one.name, one.value, maxPerMinute)
		}
	}
	for _, one := range []struct {
		name, value string
		known       []string
	}{
		{"SIM_QUOTA_WINDOW", c.QuotaWindow, api.Windows()}, {"SIM_QUOTA_REFUSAL", c.QuotaRefusal, api.Refusals()},
		{"SIM_LANGUAGE", c.Language, []string{chinese, english}},
	} {
		if !slices.Contains(one.known, one.value) {
			fault("%s: %q is none of %v", one.name, one.value, one.known)
		}
	}
	for _, one := range []struct {
		name  string
		value time.Duration
	}{{"SIM_LATENCY", c.Latency}, {"SIM_LATENCY_JITTER", c.LatencyJitter}} {
		if one.value < 0 || one.value > maxLatency {
			fault("%s: %s is not between 0 and %s", one.name, one.value, maxLatency)
		}
	}
	if c.Effects < minLog || c.Effects > maxLog {
		fault("SIM_EFFECTS: %d is not between %d and %d", c.Effects, minLog, maxLog)
	}
	return faults
}

// orderFault answers POST /__sim/faults with the fault's number.
func (s *Simulator) orderFault(w http.ResponseWriter, r *http.Request) (any, error) {
	var wanted api.Fault
	if err := read(w, r, &wanted); err != nil {
		return nil, err
	}
	id, err := s.api.Order(wanted)
	if err != nil {
		return nil, refuse(http.StatusBadRequest, "%v", err)
	}
	return map[string]int{"id": id}, nil
}

// Ordered is the answer of GET /__sim/faults.
type Ordered struct {
	Kinds  []api.FaultKind    `json:"kinds"` // all there are
	Faults []api.OrderedFault `json:"faults"`
}

func (s *Simulator) faults(http.ResponseWriter, *http.Request) (any, error) {
	return Ordered{api.FaultKinds(), s.api.Faults()}, nil
}

// clearFaults answers DELETE /__sim/faults?id=N (all without).
func (s *Simulator) clearFaults(_ http.ResponseWriter, r *http.Request) (any, error) {
	id, err := number(r, "id", 0, 1<<31)
	if err != nil {
		return nil, err
	}
	cleared := s.api.Clear(int(id))
	if id != 0 && cleared == 0 {
		return nil, refuse(http.StatusNotFound, "no fault has the number %d; see GET /__sim/faults", id)
	}
	return map[string]int{"cleared": cleared}, nil
}

// EffectLog is the answer of GET /__sim/effects.
type EffectLog struct {
	Total     uint64       `json:"total"`     // accepted writes since the start
	Forgotten uint64       `json:"forgotten"` // of those asked for
	Effects   []api.Effect `json:"effects"`
}

func (s *Simulator) effects(_ http.ResponseWriter, r *http.Request) (any, error) {
	after, limit, err := pageOf(r)
	if err != nil {
		return nil, err
	}
	effects, total, forgotten := s.api.Effects(after, limit)
	return EffectLog{total, forgotten, effects}, nil
}

// QuotaState is the answer of the requests about the quota.
type QuotaState struct {
	api.Quota
	Refused uint64 `json:"refused"` // calls, since the start
}

func (s *Simulator) quota(http.ResponseWriter, *http.Request) (any, error) {
	return QuotaState{s.api.Quota(), s.api.Refused()}, nil
}

// setQuota leaves what is not named as it was.
func (s *Simulator) setQuota(w http.ResponseWriter, r *http.Request) (any, error) {
	wanted := s.api.Quota()
	if err := read(w, r, &wanted); err != nil {
		return nil, err
	}
	if err := s.api.SetQuota(wanted); err != nil {
		return nil, refuse(http.StatusBadRequest, "%v", err)
	}
	return s.quota(w, r)
}

// setKey answers POST /__sim/key {"revoked":true}.
func (s *Simulator) setKey(w http.ResponseWriter, r *http.Request) (any, error) {
	var wanted struct {
		Revoked *bool `json:"revoked"`
	}
	if err := read(w, r, &wanted); err != nil {
		return nil, err
	}
	if wanted.Revoked == nil {
		return nil, refuse(http.StatusBadRequest, `want {"revoked":true} or {"revoked":false}`)
	}
	s.api.Revoke(*wanted.Revoked)
	return map[string]bool{"revoked": s.api.Revoked()}, nil
}

func pageOf(r *http.Request) (after uint64, limit int, err error) {
	after, err = number(r, "after", 0, 1<<63)
	if err != nil {
		return 0, 0, err
	}
	most, err := number(r, "limit", 1_000, logPage)
	return after, int(most), err
}
