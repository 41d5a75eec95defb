package mokasim

import (
	"maps"
	"math"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/mokafka/mokafka/internal/mokasim/api"
	"github.com/mokafka/mokafka/internal/mokasim/company"
	"github.com/mokafka/mokafka/internal/mokasim/push"
)

// routes is everything the simulator serves.
func (s *Simulator) routes() http.Handler {
	mux := http.NewServeMux()
	for _, route := range []struct {
		method, path string
		do           endpoint
	}{
		{http.MethodGet, "/__sim/status", s.status},
		{http.MethodGet, "/__sim/pushes", s.pushes},
		{http.MethodGet, "/__sim/log", s.logged},
		{http.MethodGet, "/__sim/truth", s.truth},
		{http.MethodPost, "/__sim/pace", s.setPace},
		{http.MethodPost, "/__sim/pause", s.setPaused(true)},
		{http.MethodPost, "/__sim/resume", s.setPaused(false)},
		{http.MethodPost, "/__sim/trigger/{event}", s.trigger},
		{http.MethodPost, "/__sim/burst", s.fire},
		{http.MethodPost, "/__sim/act", s.human},
		{http.MethodGet, "/__sim/effects", s.effects},
		{http.MethodPost, "/__sim/key", s.setKey},
	} {
		mux.Handle(route.method+" "+route.path, answered(route.do))
		mux.Handle(route.path, answered(func(w http.ResponseWriter, r *http.Request) (any, error) {
			w.Header().Set("Allow", route.method)
			return nil, refuse(http.StatusMethodNotAllowed, "%s wants %s, not %s", r.URL.Path, route.method, r.Method)
		}))
	}
	several(mux, "/__sim/faults", map[string]endpoint{http.MethodGet: s.faults, http.MethodPost: s.orderFault, http.MethodDelete: s.clearFaults})
	several(mux, "/__sim/quota", map[string]endpoint{http.MethodGet: s.quota, http.MethodPost: s.setQuota})
	mux.Handle(api.Prefix+"/", s.api)
	mux.Handle("/__sim/", answered(func(_ http.ResponseWriter, r *http.Request) (any, error) {
		return nil, refuse(http.StatusNotFound, "there is no %s; see GET /__sim/status, /__sim/log, /__sim/truth, /__sim/effects, /__sim/faults", r.URL.Path)
	}))
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		reply(w, http.StatusNotFound, map[string]string{"message": "您访问的页面不存在"})
	})
	return mux
}

// several serves a path that takes several methods.
func several(mux *http.ServeMux, path string, methods map[string]endpoint) {
	for method, do := range methods {
		mux.Handle(method+" "+path, answered(do))
	}
	allowed := strings.Join(slices.Sorted(maps.Keys(methods)), ", ")
	mux.Handle(path, answered(func(w http.ResponseWriter, r *http.Request) (any, error) {
		w.Header().Set("Allow", allowed)
		return nil, refuse(http.StatusMethodNotAllowed, "%s wants %s, not %s", path, allowed, r.Method)
	}))
}

// Status is the answer of GET /__sim/status.
type Status struct {
	OrgID     string         `json:"orgId"`
	Seed      uint64         `json:"seed"`
	StartedAt time.Time      `json:"startedAt"`
	Now       time.Time      `json:"now"`
	Pace      string         `json:"pace"` // mean, as a Go duration
	Paused    bool           `json:"paused"`
	Webhook   string         `json:"webhookUrl"` // "": not set up
	Encrypts  bool           `json:"encrypts"`   // pushes, unless asked otherwise
	Company   company.Census `json:"company"`
	Changes   uint64         `json:"changes"` // since the start
	Queued    int            `json:"queued"`  // pushes that wait for the sender
	Pushes    push.Totals    `json:"pushes"`
	LastPush  []push.Record  `json:"lastPushes"` // 10 at most, oldest first, without bodies
	API       APIStatus      `json:"api"`
}

// APIStatus is what became of the calls of Moka's API, and what awaits them.
type APIStatus struct {
	Effects uint64    `json:"effects"` // accepted writes, since the start
	Refused uint64    `json:"refused"` // calls that the quota refused, since the start
	Quota   api.Quota `json:"quota"`
	Revoked bool      `json:"revoked"` // the key
	Faults  int       `json:"faults"`  // on order and not over
}

func (s *Simulator) apiStatus() APIStatus {
	_, effects, _ := s.api.Effects(0, 0)
	status := APIStatus{Effects: effects, Refused: s.api.Refused(), Quota: s.api.Quota(), Revoked: s.api.Revoked()}
	for _, fault := range s.api.Faults() {
		if !fault.Over {
			status.Faults++
		}
	}
	return status
}

func (s *Simulator) status(http.ResponseWriter, *http.Request) (any, error) {
	mean, paused := s.tempo.read()
	records, totals := s.history.Last(10)
	s.mu.Lock()
	census := s.company.Census()
	s.mu.Unlock()
	return Status{
		OrgID: s.cfg.OrgID, Seed: s.cfg.Seed, StartedAt: s.begun.UTC(), Now: s.clock.Now().UTC(),
		Pace: mean.String(), Paused: paused, Webhook: s.webhookShown(), Encrypts: s.cfg.manner().Encrypt,
		Company: census, Changes: s.changes.count(), Queued: len(s.queue), Pushes: totals, LastPush: bodiless(records), API: s.apiStatus(),
	}, nil
}

// webhookShown is the webhook's URL without a password.
func (s *Simulator) webhookShown() string {
	if s.sender == nil {
		return ""
	}
	target, err := s.cfg.webhook()
	if err != nil {
		return ""
	}
	return target.Redacted()
}

func bodiless(records []push.Record) []push.Record {
	for i := range records {
		records[i].Body = ""
	}
	return records
}

// Pushes is the answer of GET /__sim/pushes.
type Pushes struct {
	Totals push.Totals   `json:"totals"`
	Pushes []push.Record `json:"pushes"`
}

func (s *Simulator) pushes(_ http.ResponseWriter, r *http.Request) (any, error) {
	limit, err := number(r, "limit", 100, historySize)
	if err != nil {
		return nil, err
	}
	records, totals := s.history.Last(int(limit))
	if r.URL.Query().Get("body") != "true" {
		records = bodiless(records)
	}
	return Pushes{totals, records}, nil
}

// Log is the answer of GET /__sim/log.
type Log struct {
	Total     uint64  `json:"total"`     // changes since the start
	Forgotten uint64  `json:"forgotten"` // of those asked for
	Entries   []Entry `json:"entries"`
}

func (s *Simulator) logged(_ http.ResponseWriter, r *http.Request) (any, error) {
	after, err := number(r, "after", 0, math.MaxUint64)
	if err != nil {
		return nil, err
	}
	limit, err := number(r, "limit", 1_000, logPage)
	if err != nil {
		return nil, err
	}
	entries, total, forgotten := s.changes.page(after, int(limit))
	return Log{total, forgotten, entries}, nil
}

// Tempo is the answer of the requests that set the pace.
type Tempo struct {
	Pace   string `json:"pace"`
	Paused bool   `json:"paused"`
}

func (s *Simulator) setPace(w http.ResponseWriter, r *http.Request) (any, error) {
	var wanted struct {
		Pace string `json:"pace"`
	}
	if err := read(w, r, &wanted); err != nil {
		return nil, err
	}
	mean, err := time.ParseDuration(wanted.Pace)
	if err != nil || mean < minPace || mean > maxPace {
		return nil, refuse(http.StatusBadRequest,
			`pace %q is not a duration between %s and %s, such as "500ms"; to stand still, POST /__sim/pause`, wanted.Pace, minPace, maxPace)
	}
	return s.change(func() { s.tempo.set(mean) }), nil
}

func (s *Simulator) setPaused(paused bool) endpoint {
	return func(http.ResponseWriter, *http.Request) (any, error) {
		return s.change(func() { s.tempo.still(paused) }), nil
	}
}

// change changes the pace between two acts: once a pause is answered, the
// company does nothing more of its own accord.
func (s *Simulator) change(apply func()) Tempo {
	s.mu.Lock()
	defer s.mu.Unlock()
	apply()
	mean, paused := s.tempo.read()
	return Tempo{mean.String(), paused}
}
