package polling

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/mokafka/mokafka/ingest/webhook"
	"github.com/mokafka/mokafka/internal/mokasim"
	"github.com/mokafka/mokafka/schemas"
)

// Company says what the simulated company is like.
type Company struct {
	Seed         uint64
	Applications int // of earlier years, beside those in progress
	// ChangesPerDay on average.
	ChangesPerDay int
	// QuietShare of the changes of offers, interviews and feedback do not move
	// updatedAt.
	QuietShare float64
	// QuotaPerMinute is what Moka allows.
	QuotaPerMinute int
}

func (c Company) config(webhooks string) mokasim.Config {
	cfg := mokasim.DefaultConfig()
	cfg.Seed, cfg.Applications, cfg.ChangesPerDay = c.Seed, c.Applications, c.ChangesPerDay
	cfg.QuietShare, cfg.QuotaPerMinute = c.QuietShare, c.QuotaPerMinute
	cfg.OrgID = org
	if webhooks != "" {
		cfg.WebhookURL, cfg.SigningKey = webhooks, signingKey
	}
	return cfg
}

const (
	org        = "demo"
	signingKey = "polling-signing-key"
	// tick is how finely the company lives: a webhook is on its way for longer.
	tick = 50 * time.Millisecond
)

// begin is when simulations begin: the morning of a working day in Beijing.
func begin() time.Time { return time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC) }

// world is the company with its time: whoever moves the clock lets it live.
type world struct {
	clock  *clock
	times  Times
	sim    *mokasim.Simulator
	ledger *Ledger
	door   *door
	logged uint64 // entries of the company's log that the ledger has
	// still has the clock move on while the company rests.
	still bool
	// due are webhooks on their way and wishes of derive, in the order of their
	// times each.
	webhooks, wishes []arrival
	// arrived takes an entry at the time it is in the journal.
	arrived func(at time.Time, e *schemas.JournalEntry) error
	wished  func(at time.Time, application int64)
	changes int
}

// arrival is something that happens at a time.
type arrival struct {
	at          time.Time
	entry       *schemas.JournalEntry
	application int64
}

// newWorld founds the company, at begin.
func newWorld(c Company, times Times, ledger *Ledger) (*world, error) {
	w := &world{clock: &clock{now: begin()}, times: times, ledger: ledger}
	var err error
	if w.door, err = newDoor(w.clock.Now); err != nil {
		return nil, err
	}
	w.sim = mokasim.New(c.config(w.door.url), mokasim.Deps{Clock: w.clock})
	if err := w.sim.Open(); err != nil {
		return nil, errors.Join(err, w.door.close())
	}
	return w, nil
}

func (w *world) close() error {
	w.sim.Close()
	return w.door.close()
}

// advance moves the clock to an instant; what happens on the way happens.
func (w *world) advance(ctx context.Context, to time.Time) error {
	for w.clock.now.Before(to) {
		if err := w.tick(ctx, to); err != nil {
			return err
		}
	}
	return nil
}

// idle is advance that ends early when derive wishes for an application.
func (w *world) idle(ctx context.Context, to time.Time) error {
	wishes := false
	wished := w.wished
	w.wished = func(at time.Time, application int64) { wishes = true; wished(at, application) }
	defer func() { w.wished = wished }()
	for w.clock.now.Before(to) && !wishes {
		if err := w.tick(ctx, to); err != nil {
			return err
		}
	}
	return nil
}

func (w *world) tick(ctx context.Context, to time.Time) error {
	next := w.clock.now.Add(tick)
	if next.After(to) {
		next = to
	}
	if w.still && len(w.webhooks)+len(w.wishes) == 0 {
		next = to
	}
	w.clock.now = next
	if !w.still {
		lived, err := w.sim.LiveUntil(ctx, next)
		if err != nil {
			return fmt.Errorf("let the company live: %w", err)
		}
		if lived > 0 {
			w.log()
		}
	}
	for len(w.webhooks) > 0 && !w.webhooks[0].at.After(next) {
		one := w.webhooks[0]
		w.webhooks = w.webhooks[1:]
		if err := w.arrived(one.at, one.entry); err != nil {
			return err
		}
	}
	for len(w.wishes) > 0 && !w.wishes[0].at.After(next) {
		one := w.wishes[0]
		w.wishes = w.wishes[1:]
		w.wished(one.at, one.application)
	}
	return nil
}

// log hands what the company did to the ledger, and sends its webhooks off.
func (w *world) log() {
	entries, _, _ := w.sim.Entries(w.logged, 1<<20)
	pushed := w.door.take()
	for i := range entries {
		e := &entries[i]
		w.logged, w.changes = e.Seq, w.changes+1
		w.ledger.Did(e)
		for _, entry := range pushed[e.WebhookID] {
			at := e.RealAt.Add(w.times.Webhook)
			entry.ReceivedAt = at
			w.webhooks = append(w.webhooks, arrival{at: at, entry: entry})
		}
	}
}

// wish has derive ask for an application, a while after a journal entry.
func (w *world) wish(at time.Time, application int64) {
	w.wishes = append(w.wishes, arrival{at: at.Add(w.times.Derive), application: application})
}

// door is the webhook door of ingest, on a loopback port, with a journal in
// memory.
type door struct {
	url    string
	server *http.Server
	served chan error
	mu     sync.Mutex
	pushed map[string][]*schemas.JournalEntry // by the webhook's id
}

func newDoor(now func() time.Time) (*door, error) {
	d := &door{pushed: map[string][]*schemas.JournalEntry{}, served: make(chan error, 1)}
	its, err := webhook.New(webhook.Config{
		Addr: "127.0.0.1:0", SigningKeys: []string{signingKey}, TLS: webhook.TLSOff,
		MaxBody: 10 << 20, MaxInFlight: 1024, MaxInFlightBytes: 256 << 20, MaxHeader: 16 << 10,
		HeaderTimeout: 5 * time.Second, ReadTimeout: 15 * time.Second, WriteTimeout: 30 * time.Second,
		IdleTimeout: 2 * time.Minute, AnswerTimeout: 4500 * time.Millisecond, DrainTimeout: 10 * time.Second,
		SOAPBearer: "any", ZhirenTonce: 30 * time.Second,
	}, webhook.Deps{
		OrgID: org, Journal: d, DeadLetters: d, Log: zerolog.Nop(), Metrics: prometheus.NewRegistry(), Now: now,
	})
	if err != nil {
		return nil, err
	}
	listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen for webhooks: %w", err)
	}
	d.url = "http://" + listener.Addr().String() + "/webhooks/moka"
	d.server = &http.Server{Handler: its.Handler(), ReadHeaderTimeout: 5 * time.Second}
	go func() { d.served <- d.server.Serve(listener) }()
	return d, nil
}

func (d *door) close() error {
	err := d.server.Close()
	if ended := <-d.served; !errors.Is(ended, http.ErrServerClosed) {
		err = errors.Join(err, ended)
	}
	if err != nil {
		return fmt.Errorf("close the webhook door: %w", err)
	}
	return nil
}

// Append implements webhook.Journal.
func (d *door) Append(_ context.Context, entries ...*schemas.JournalEntry) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, e := range entries {
		own := *e
		own.Body = slices.Clone(e.Body)
		if e.WebhookID != nil {
			d.pushed[*e.WebhookID] = append(d.pushed[*e.WebhookID], &own)
		}
	}
	return nil
}

// Put implements webhook.DeadLetters.
func (d *door) Put(_ context.Context, letter schemas.DeadLetter) error {
	return fmt.Errorf("a webhook can't be read: %s", letter.ErrorText)
}

// take returns what was pushed since it was called last.
func (d *door) take() map[string][]*schemas.JournalEntry {
	d.mu.Lock()
	defer d.mu.Unlock()
	taken := d.pushed
	d.pushed = map[string][]*schemas.JournalEntry{}
	return taken
}
