package mokasim

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"github.com/mokafka/mokafka/internal/mokasim/api"
	"github.com/mokafka/mokafka/internal/mokasim/company"
	"github.com/mokafka/mokafka/internal/mokasim/push"
)

const (
	historySize = 1_000
	logPage     = 20_000
	queueSize   = 256
	grace       = 2 * time.Second // for requests in progress when Run ends
)

// Deps are what a Simulator is given. The zero value works.
type Deps struct {
	Log   zerolog.Logger // Nop by default; gets no personal data
	Clock Clock          // nil: the real one
	// NewID makes webhook ids and is never called concurrently. Nil: random
	// UUIDs by the seed and the time of the start.
	NewID func() string
}

// Simulator is a Moka. Make one with New and Run it, once.
type Simulator struct {
	cfg     Config
	log     zerolog.Logger
	clock   Clock
	tempo   *tempo
	changes *changelog
	history *push.History
	queue   chan delivery
	api     *api.Server
	started atomic.Bool
	running atomic.Bool // the queue has its sender
	burst   sync.Mutex  // held by the one burst in progress

	ready    chan struct{}
	stopping chan struct{} // closed when Run ends
	addr     string        // set before ready is closed
	begun    time.Time
	sender   *push.Sender // nil: no webhook is set up
	mu       sync.Mutex   // of the rest
	newID    func() string
	company  *company.Company
	bursts   *rand.Rand    // decides when many applications change at once
	lived    time.Time     // how far LiveUntil has come, by our clock
	ahead    time.Duration // from there to its next change; 0: not drawn yet
	pending  []delivery    // made by the act in progress
	broken   error         // why pending is incomplete
	origin   string        // of the act in progress
	acted    time.Time     // when it is, by our clock
}

// New makes a Simulator; nothing runs and nothing is checked yet.
func New(cfg Config, deps Deps) *Simulator {
	s := &Simulator{
		cfg: cfg, log: deps.Log, clock: deps.Clock, newID: deps.NewID,
		tempo:   newTempo(cfg.Seed, cfg.mean()),
		changes: &changelog{size: cfg.LogSize},
		bursts:  rand.New(rand.NewPCG(cfg.Seed, 0x62756c6b)),
		history: push.NewHistory(historySize),
		queue:   make(chan delivery, queueSize),
		ready:   make(chan struct{}), stopping: make(chan struct{}),
	}
	if s.clock == nil {
		s.clock = realClock{}
	}
	s.api = s.newAPI()
	return s
}

// Ready is closed once the management port listens. If Run fails before that
// it stays open: wait for Run's error beside it.
func (s *Simulator) Ready() <-chan struct{} { return s.ready }

// Addr is the management port's host:port, "" before Ready.
func (s *Simulator) Addr() string {
	select {
	case <-s.ready:
		return s.addr
	default:
		return ""
	}
}

// Run founds the company, serves the management port and lives until ctx ends,
// which is no error. It returns when everything it started has ended.
func (s *Simulator) Run(ctx context.Context) error {
	if s.started.Swap(true) {
		return errors.New("the simulator runs only once")
	}
	if err := s.cfg.Validate(); err != nil {
		return fmt.Errorf("simulator configuration: %w", err)
	}
	if err := s.found(); err != nil {
		return err
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", s.cfg.Addr)
	if err != nil {
		return fmt.Errorf("listen for the simulator: %w", err)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()

	var gate sync.RWMutex
	var loops, sending sync.WaitGroup
	server := &http.Server{
		Handler: gated(&gate, s.routes()),
		// No ReadTimeout: it would end the context of a request that is
		// answered later than that, a burst's for instance. See read.
		ReadHeaderTimeout: 5 * time.Second,
		BaseContext:       func(net.Listener) context.Context { return ctx },
	}
	loops.Go(func() { s.live(ctx) })
	quiet := make(chan struct{}) // closed when nobody is left to push anything
	sending.Go(func() { s.deliverQueue(ctx, quiet) })
	s.running.Store(true)
	served := make(chan error, 1)
	loops.Go(func() { served <- server.Serve(listener) })

	s.addr = listener.Addr().String()
	close(s.ready)
	s.log.Info().Str("addr", s.addr).Uint64("seed", s.cfg.Seed).Msg("simulator listens")

	var failure error
	select {
	case <-ctx.Done():
	case err := <-served:
		failure = fmt.Errorf("serve the simulator: %w", err)
	}
	cancel()
	close(s.stopping)
	stop(server)
	gate.Lock() // for good
	loops.Wait()
	close(quiet)
	sending.Wait()
	if s.sender != nil {
		s.sender.Close()
	}
	return failure
}

// found makes what depends on the time of the start.
func (s *Simulator) found() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.begun = s.clock.Now()
	if s.newID == nil {
		s.newID = uuids(rand.New(rand.NewPCG(s.cfg.Seed, uint64(s.begun.UnixNano()))))
	}
	if s.cfg.WebhookURL != "" {
		target, err := s.cfg.webhook()
		if err != nil {
			return err
		}
		others := map[string]*url.URL{}
		for name, address := range map[string]string{"SIM_SOAP_URL": s.cfg.SOAPURL, "SIM_ZHIREN_URL": s.cfg.ZhirenURL} {
			if address != "" {
				if others[name], err = door(name, address); err != nil {
					return err
				}
			}
		}
		s.sender = push.NewSender(push.Config{
			URL: target, SOAP: others["SIM_SOAP_URL"], Zhiren: others["SIM_ZHIREN_URL"], Backoff: s.cfg.Backoff, Timeout: s.cfg.Timeout,
			InsecureTLS: s.cfg.InsecureTLS, Connections: maxConcurrency,
		}, s.clock)
	}
	s.lived = s.begun
	s.company = company.Found(company.Settings{
		Seed: s.cfg.Seed, Applications: s.cfg.Applications, QuietShare: s.cfg.QuietShare,
	}, s.mokas(s.begun), s.observe)
	return nil
}

// gated lets Run wait for handlers, which http.Server.Close does not, and keeps
// late ones out.
func gated(gate *sync.RWMutex, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !gate.TryRLock() {
			reply(w, http.StatusServiceUnavailable, map[string]string{"error": "the simulator is stopping"})
			return
		}
		defer gate.RUnlock()
		next.ServeHTTP(w, r)
	})
}

// stop lets requests in progress, whose context has ended, say so to their
// clients, then cuts the rest off.
func stop(server *http.Server) {
	ctx, cancel := context.WithTimeout(context.Background(), grace)
	defer cancel()
	if server.Shutdown(ctx) != nil {
		_ = server.Close() // its only errors are those of closing sockets
	}
}

func uuids(rng *rand.Rand) func() string {
	return func() string {
		hi, lo := rng.Uint64()&^0xf000|0x4000, rng.Uint64()&^(3<<62)|2<<62
		return fmt.Sprintf("%08x-%04x-%04x-%04x-%012x", hi>>32, hi>>16&0xffff, hi&0xffff, lo>>48, lo&0xffffffffffff)
	}
}
