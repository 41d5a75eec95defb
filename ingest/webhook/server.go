package webhook

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/mokafka/mokafka/internal/credential"
	"github.com/mokafka/mokafka/publish"
)

// Deps are what the door works with. All are needed unless they say otherwise.
type Deps struct {
	// OrgID is the organisation whose Moka pushes here.
	OrgID       string
	Journal     Journal
	DeadLetters DeadLetters
	Log         zerolog.Logger
	Metrics     prometheus.Registerer
	// Now is the clock; nil is time.Now.
	Now func() time.Time
	// Zone is that of times without one; nil is Beijing.
	Zone *time.Location
	// Tracer makes a span of each request; nil makes none.
	Tracer *publish.Tracer
	// Doors are further doors under the same roof, by their pattern in
	// http.ServeMux; nil is none. They share the bound on requests in flight,
	// and bound their bodies themselves. New panics where ServeMux does.
	Doors map[string]http.Handler
}

// Server is the door: make it with New, then Run it once.
type Server struct {
	cfg     Config
	log     zerolog.Logger
	now     func() time.Time
	handler http.Handler

	ready chan struct{}
	addr  net.Addr // set before ready is closed
}

// New checks the configuration and prepares a door. It neither listens nor reads
// files, and fails if cfg is invalid, a dependency is missing, or the metrics are
// registered already.
func New(cfg Config, deps Deps) (*Server, error) {
	if err := errors.Join(cfg.Validate(), deps.validate()); err != nil {
		return nil, fmt.Errorf("configure the webhook: %w", err)
	}
	if deps.Now == nil {
		deps.Now = time.Now
	}
	auth := authenticator{keys: signingKeys(cfg, deps)}
	if cfg.DataKey != "" {
		var err error
		if auth.data, err = NewDataCipher(cfg.DataKey, cfg.DataIV); err != nil {
			return nil, fmt.Errorf("configure the webhook: %w", err)
		}
	}
	room := &bodyRoom{limit: cfg.MaxInFlightBytes}
	from, err := newSources(cfg.AllowNetworks, cfg.TrustedProxies)
	if err != nil {
		return nil, fmt.Errorf("configure the webhook: %w", err)
	}
	g := &guard{sources: from, limit: int64(cfg.MaxInFlight), log: deps.Log, strays: seldom(deps.Log), now: deps.Now, tracer: deps.Tracer}
	m, err := newMetrics(deps.Metrics,
		func() float64 { return float64(g.inFlight.Load()) },
		func() float64 { return float64(room.taken.Load()) })
	if err != nil {
		return nil, err
	}
	g.metrics = m
	in := &intake{
		org: deps.OrgID, zone: deps.Zone, maxBody: cfg.MaxBody, timeout: cfg.AnswerTimeout, room: room,
		journal: deps.Journal, letters: deps.DeadLetters, metrics: m, now: deps.Now,
		unsignedLog: seldom(deps.Log), unreadableLog: seldom(deps.Log), kafkaLog: seldom(deps.Log),
	}
	door := &rest{intake: in, auth: auth, redirects: redirects{pc: cfg.RedirectPC, mobile: cfg.RedirectMobile}}
	mux := http.NewServeMux()
	served := g.wrap(doorREST, inREST, door.serve)
	mux.Handle(RESTPath, served)
	mux.Handle(RESTPath+"/{$}", served) // a slash too many in Moka's settings
	if cfg.SOAPBearer != BearerOff {
		soap := &soap{intake: in, auth: bearer{keys: auth.keys, accept: cfg.SOAPBearer}, data: auth.data, base: baseOf(cfg.PublicURL)}
		mux.Handle(SOAPPath, g.wrap(doorSOAP, inSOAP, soap.serve))
	}
	if len(cfg.ZhirenKeys) > 0 {
		keys, err := parseZhirenKeys(cfg.ZhirenKeys)
		if err != nil {
			return nil, fmt.Errorf("configure the webhook: %w", err)
		}
		zhiren := &zhiren{intake: in, auth: keys, paths: zhirenPaths(cfg.PublicURL), window: cfg.ZhirenTonce, seen: &replays{}}
		mux.Handle(ZhirenPath, g.wrap(doorZhiren, inZhiren, zhiren.serve))
	}
	mux.Handle("/", g.wrap("unknown", inREST, notFound))
	for pattern, handler := range deps.Doors {
		mux.Handle(pattern, g.wrapHandler(pattern, handler))
	}
	return &Server{cfg: cfg, log: deps.Log, now: deps.Now, handler: mux, ready: make(chan struct{})}, nil
}

// signingKeys are those of the file, where there is one.
func signingKeys(cfg Config, deps Deps) keyring {
	if cfg.SigningKeysFile == "" {
		return fixed(cfg.SigningKeys)
	}
	file := credential.NewFile(cfg.SigningKeysFile, keysOf(cfg.SigningKeys), func(text string) ([][]byte, error) {
		keys := credential.List(text)
		return keysOf(keys), validateKeys(keys)
	}, deps.Now, deps.Log)
	return file.Value
}

func (d Deps) validate() error {
	var errs []error
	for _, need := range []struct {
		missing bool
		name    string
	}{
		{d.OrgID == "", "the organisation's id"},
		{d.Journal == nil, "a journal"},
		{d.DeadLetters == nil, "dead letters"},
		{d.Metrics == nil, "a metrics registry"},
	} {
		if need.missing {
			errs = append(errs, fmt.Errorf("%s is missing", need.name))
		}
	}
	return errors.Join(errs...)
}

// seldom lets five lines a minute through.
func seldom(log zerolog.Logger) zerolog.Logger {
	return log.Sample(&zerolog.BurstSampler{Burst: 5, Period: time.Minute})
}

func notFound(w http.ResponseWriter, _ *http.Request) outcome {
	answerNotFound.write(w, nil, nil)
	return outcome{eventUnread, answerNotFound.label}
}

// Handler is the door without a listener: all paths, bounded in flight and in
// body size. Header limits and time-outs are Run's.
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

// Run listens and serves until ctx is done, then takes no new connections and
// waits for the requests in flight, up to DrainTimeout. It returns when all it
// started has ended: nil after an orderly end, an error if it cannot listen or
// had to cut requests off. The journal must outlive it.
func (s *Server) Run(ctx context.Context) error {
	tlsConfig, err := s.tlsConfig()
	if err != nil {
		return err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", s.cfg.Addr)
	if err != nil {
		return fmt.Errorf("listen for webhooks: %w", err)
	}
	var connections sync.WaitGroup
	server := s.httpServer(&connections)
	server.TLSConfig = tlsConfig
	served := make(chan error, 1)
	go func() {
		if tlsConfig != nil {
			served <- server.ServeTLS(listener, "", "")
		} else {
			served <- server.Serve(listener)
		}
	}()
	s.addr = listener.Addr()
	close(s.ready)
	s.log.Info().Stringer("addr", s.addr).Str("tls", s.cfg.TLS).Str("path", RESTPath).
		Str("public_url", s.cfg.PublicURL).Msg("webhooks are taken")

	select {
	case err = <-served:
		err = errors.Join(fmt.Errorf("serve webhooks: %w", err), server.Close())
	case <-ctx.Done():
		err = s.drain(server)
		if end := <-served; !errors.Is(end, http.ErrServerClosed) {
			err = errors.Join(err, fmt.Errorf("serve webhooks: %w", end))
		}
	}
	connections.Wait()
	return err
}

// drain lets requests end, and cuts off those that take too long: they were
// still sending, for what waits for Kafka ends at its own time-out.
func (s *Server) drain(server *http.Server) error {
	ctx, cancel := context.WithTimeout(context.Background(), s.cfg.DrainTimeout)
	defer cancel()
	if err := server.Shutdown(ctx); err != nil {
		return errors.Join(fmt.Errorf("end the webhook's requests within %s: %w", s.cfg.DrainTimeout, err), server.Close())
	}
	return nil
}

func (s *Server) httpServer(connections *sync.WaitGroup) *http.Server {
	server := &http.Server{
		Handler:           s.handler,
		ReadHeaderTimeout: s.cfg.HeaderTimeout,
		ReadTimeout:       s.cfg.ReadTimeout,
		WriteTimeout:      s.cfg.WriteTimeout,
		IdleTimeout:       s.cfg.IdleTimeout,
		MaxHeaderBytes:    s.cfg.MaxHeader,
		ConnState: func(_ net.Conn, state http.ConnState) {
			switch state {
			case http.StateNew: // said before Serve hands the connection on
				connections.Add(1)
			case http.StateClosed, http.StateHijacked:
				connections.Done()
			}
		},
		// HTTP/1 alone: one request at a time on a connection, which is what the
		// time-outs are about.
		Protocols: new(http.Protocols),
	}
	server.Protocols.SetHTTP1(true)
	// The type of ErrorLog is of package log, which nobody here may use for more.
	server.ErrorLog = fresh(server.ErrorLog)
	server.ErrorLog.SetOutput(debugLines{s.log})
	return server
}

func fresh[T any](*T) *T { return new(T) }

// debugLines logs what net/http has to say, mostly of clients that went away.
type debugLines struct{ log zerolog.Logger }

// Write implements io.Writer.
func (d debugLines) Write(line []byte) (int, error) {
	d.log.Debug().Str("said", string(line)).Msg("http server")
	return len(line), nil
}
