package ops

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/pprof"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/rs/zerolog"
)

// grace is how long a request may take to end after Run was told to.
const grace = 2 * time.Second

// Server is the port: make it with New, then Run it once.
type Server struct {
	cfg     Config
	log     zerolog.Logger
	checks  checklist
	handler http.Handler
	ready   chan struct{}
	addr    net.Addr // set before ready is closed
}

// New fails only on an invalid configuration. It starts nothing. Metrics are
// those that metrics gathers.
func New(cfg Config, metrics prometheus.Gatherer, log zerolog.Logger, checks ...Check) (*Server, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("configure the ops port: %w", err)
	}
	s := &Server{cfg: cfg, log: log, checks: checklist{checks: checks}, ready: make(chan struct{})}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", s.healthz)
	mux.HandleFunc("GET /readyz", s.readyz)
	mux.HandleFunc("GET /readyz/{check}", s.oneReadyz)
	mux.Handle("GET /metrics", promhttp.HandlerFor(metrics, promhttp.HandlerOpts{}))
	if cfg.Pprof {
		mux.HandleFunc("GET /debug/pprof/", pprof.Index)
		mux.HandleFunc("GET /debug/pprof/cmdline", pprof.Cmdline)
		mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
		mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
		mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	}
	s.handler = mux
	return s, nil
}

// Require adds a check. A worker whose parts start one after the other adds
// those of each before it starts it.
func (s *Server) Require(c Check) { s.checks.add(c) }

// Handler is the port without a listener.
func (s *Server) Handler() http.Handler { return s.handler }

// Ready is closed once Run listens.
func (s *Server) Ready() <-chan struct{} { return s.ready }

// Addr is where Run listens; nil before Ready.
func (s *Server) Addr() net.Addr {
	select {
	case <-s.ready:
		return s.addr
	default:
		return nil
	}
}

// Run listens and serves until ctx is done. It returns when all it started has
// ended: nil then, an error if it cannot listen or serve.
func (s *Server) Run(ctx context.Context) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", s.cfg.Addr)
	if err != nil {
		return fmt.Errorf("listen for the ops port: %w", err)
	}
	// What is under way when it is told to stop, a profile of half a minute
	// for instance, is told too.
	requests, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	var connections sync.WaitGroup
	server := &http.Server{
		Handler:           s.handler,
		ReadHeaderTimeout: 5 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    16 << 10,
		BaseContext:       func(net.Listener) context.Context { return requests },
		ConnState: func(_ net.Conn, state http.ConnState) {
			switch state {
			case http.StateNew: // said before Serve hands the connection on
				connections.Add(1)
			case http.StateClosed, http.StateHijacked:
				connections.Done()
			case http.StateActive, http.StateIdle:
			}
		},
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	s.addr = listener.Addr()
	close(s.ready)
	s.log.Info().Stringer("addr", s.addr).Msg("health and metrics are served")

	select {
	case err = <-served:
		err = errors.Join(fmt.Errorf("serve the ops port: %w", err), server.Close())
	case <-ctx.Done():
		cancel()
		stop(server)
		if failure := <-served; !errors.Is(failure, http.ErrServerClosed) {
			err = fmt.Errorf("serve the ops port: %w", failure)
		}
	}
	connections.Wait()
	return err
}

// stop cuts off what does not end by itself: nobody's data hangs on it.
func stop(server *http.Server) {
	ctx, cancel := context.WithTimeout(context.Background(), grace)
	defer cancel()
	if server.Shutdown(ctx) != nil {
		_ = server.Close() // its only errors are those of closing sockets
	}
}
