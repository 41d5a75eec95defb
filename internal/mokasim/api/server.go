package api

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Prefix is the path under which everything is.
const Prefix = "/api-platform"

const (
	bodyLimit   = 1 << 20
	defaultHold = 5 * time.Minute
)

// Server is Moka's API. Make one with New; it is safe for concurrent use.
type Server struct {
	cfg     Config
	deps    Deps
	access  *access
	limits  *limits
	faults  *faults
	effects *effects
	routes  []route
	reading atomic.Uint64 // number of the last reading
	lots    struct {      // of latency
		sync.Mutex
		*rand.Rand
	}
}

// New makes a Server. It starts nothing.
func New(cfg Config, deps Deps) *Server {
	if cfg.Hold == 0 {
		cfg.Hold = defaultHold
	}
	s := &Server{
		cfg: cfg, deps: deps, access: newAccess(cfg), limits: newLimits(cfg),
		faults: &faults{seed: cfg.Seed}, effects: &effects{size: cfg.Effects},
	}
	s.routes = s.endpoints()
	s.lots.Rand = rand.New(rand.NewPCG(cfg.Seed, 0x6c617465))
	return s
}

// call is one request that found its endpoint.
type call struct {
	request   *http.Request // its body is read already
	method    string
	path      string // without Prefix and a slash at the end
	query     url.Values
	body      []byte
	id        string // the {id} of the endpoint's path
	requestID string
	fault     Fault // Kind "" for none
	english   bool
}

// answer is what an endpoint says.
type answer struct {
	status int
	media  string
	body   []byte
}

// ServeHTTP answers a call: routing, then authentication, quota, faults,
// latency, and the endpoint.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Date", s.deps.Clock.Now().UTC().Format(http.TimeFormat))
	path := strings.TrimSuffix(strings.TrimPrefix(r.URL.Path, Prefix), "/")
	rt, id, ok := s.find(r.Method, path)
	if !ok || !strings.HasPrefix(r.URL.Path, Prefix+"/") {
		write(w, notFound())
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, bodyLimit))
	if err != nil {
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			write(w, stated(http.StatusRequestEntityTooLarge, map[string]any{"message": "request entity too large"}))
			return
		}
		panic(http.ErrAbortHandler) // whoever called is gone
	}
	c := &call{
		request: r, method: r.Method, path: path, query: r.URL.Query(), body: body, id: id,
		requestID: r.Header.Get("X-Request-Id"), english: s.cfg.English,
	}
	now := s.deps.Clock.Now()
	if !rt.open {
		if denial := s.access.denial(r.Header.Get("Authorization"), now); denial != "" {
			write(w, denied(denial))
			return
		}
		if wait, form := s.limits.take(now, rt.headcountWrite); wait > 0 {
			s.refuse(w, form, int(math.Ceil(wait.Seconds())))
			return
		}
	}
	c.fault, _ = s.faults.pick(r.Method, path, rt.write)
	s.sleep(c.request.Context(), s.latency())
	s.carryOut(w, rt, c)
}

// carryOut calls the endpoint and answers, with the fault that was ordered.
func (s *Server) carryOut(w http.ResponseWriter, rt route, c *call) {
	if s.failBefore(w, c) {
		return
	}
	a, err := rt.do(s, c)
	if err != nil {
		var refused *refusal
		if !errors.As(err, &refused) {
			s.deps.Log.Error().Err(err).Str("path", rt.path).Msg("simulator could not answer a call")
			a = stated(http.StatusInternalServerError, map[string]any{"code": -1, "success": false, "msg": "系统异常"})
		} else {
			a = rt.shape(refused, c.english)
		}
	}
	s.deliver(w, c, a)
}

// latency draws how long an answer takes.
func (s *Server) latency() time.Duration {
	if s.cfg.Latency == 0 && s.cfg.Jitter == 0 {
		return 0
	}
	s.lots.Lock()
	defer s.lots.Unlock()
	return max(0, s.cfg.Latency+time.Duration((2*s.lots.Float64()-1)*float64(s.cfg.Jitter)))
}

// sleep waits, or until ctx ends, and reports whether it waited to the end.
func (s *Server) sleep(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	select {
	case <-ctx.Done():
		return false
	case <-s.deps.Clock.After(d):
		return true
	}
}

// notFound is what Moka says to paths it does not know.
func notFound() answer {
	return stated(http.StatusNotFound, map[string]any{"message": "您访问的页面不存在"})
}

func denied(why string) answer {
	return stated(http.StatusInternalServerError, struct {
		Code    int    `json:"code"`
		Success bool   `json:"success"`
		Msg     string `json:"msg"`
	}{-1, false, why})
}

// refuse says, in a form, that the quota is used up. No seconds: it does not
// say for how long.
func (s *Server) refuse(w http.ResponseWriter, form string, seconds int) {
	const message = "请求频率过快"
	status := http.StatusOK
	body := any(map[string]any{"code": 600, "msg": message})
	switch form {
	case Refuse429:
		status = http.StatusTooManyRequests
		if seconds > 0 {
			w.Header().Set("Retry-After", fmt.Sprint(seconds))
		}
	case Refuse600:
		status = 600
	case RefuseMessage:
		body = failed{ErrorMessage: message}
	}
	write(w, stated(status, body))
}
