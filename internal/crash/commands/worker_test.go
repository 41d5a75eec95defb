package commands_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/mokafka/mokafka/internal/moka"
	"github.com/mokafka/mokafka/internal/state"
	"github.com/mokafka/mokafka/internal/writeback"
	"github.com/mokafka/mokafka/publish"
)

// workerVariable has the worker's orders in a process that is one.
const workerVariable = "MOKAFKA_COMMANDS_WORKER"

// workerHeader tells the simulator whose call it is.
const workerHeader = "X-Worker"

// Times of the trial's workers, short so that there is much to see. Moka of the
// trial carries nothing out later than lateMost after a call broke off.
const (
	callTimeout        = 400 * time.Millisecond
	callGrace          = 600 * time.Millisecond
	readMaxAge         = time.Second
	transactionTimeout = 3 * time.Second
	sessionTimeout     = 6 * time.Second
)

func TestMain(m *testing.M) {
	if text := os.Getenv(workerVariable); text != "" {
		if err := work(text); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

type orders struct {
	house
	Instance string `json:"instance"`
	Dir      string `json:"dir"`
}

// work is a worker's whole life. It ends with SIGTERM in good order, and at once
// when whoever started it is gone.
func work(text string) error {
	var o orders
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	fmt.Fprintln(os.Stderr, o.Instance, "can be asked to stop")
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(1) //nolint:revive // as if it were killed
	}()
	log := zerolog.New(os.Stderr).Level(zerolog.InfoLevel).With().Timestamp().Str("worker", o.Instance).Logger()
	worker, end, err := o.worker(ctx, log)
	if ctx.Err() != nil {
		return nil // asked to stop before it began
	}
	if err != nil {
		return err
	}
	return errors.Join(worker.Run(ctx), end())
}

// worker makes the worker; end closes its store.
func (o orders) worker(ctx context.Context, log zerolog.Logger) (worker *writeback.Worker, end func() error, err error) {
	w, err := o.words(ctx)
	if err != nil {
		return nil, nil, err
	}
	store, err := state.Open(o.Dir, "boot")
	if err != nil {
		return nil, nil, err
	}
	registry := prometheus.NewRegistry()
	letters, err := publish.NewDeadLetters(publish.DeadLetterDeps{
		Records: w.records, Now: time.Now, NewID: func() string { return "unused" }, Registerer: registry,
	})
	if err != nil {
		return nil, nil, errors.Join(err, store.Close())
	}
	gate := writeback.Prepaid(open{})
	client, err := moka.New(
		moka.Config{BaseURL: o.Moka + "/api-platform", APIKey: apiKey, Timeout: callTimeout, MaxBody: 16 << 20},
		moka.Deps{Transport: named{o.Instance, &http.Transport{MaxIdleConnsPerHost: 32}}, Gate: gate, Attempts: 1, Registerer: registry, Log: log})
	if err != nil {
		return nil, nil, errors.Join(err, store.Close())
	}
	worker, err = writeback.New(writeback.Config{
		Group: o.group(), Instance: o.Instance, StateDir: o.Dir, Parallel: 16, MaxPending: 500, QuotaPerMinute: 1_000_000, HeadcountWritesPerMinute: 1_000_000,
		MaxAttempts: 20, Backoff: 10 * time.Millisecond, BackoffMax: 80 * time.Millisecond, MaxParked: 1000,
		CallTimeout: callTimeout, Grace: callGrace, ReadMaxAge: readMaxAge, LookupTTL: time.Minute, AuthPause: 50 * time.Millisecond,
		StopTimeout: 3 * time.Second, SessionTimeout: sessionTimeout, TransactionTimeout: transactionTimeout,
	}, writeback.Deps{
		Client: o.options, Topics: w.topics, Records: w.records, Encoder: w.encoder, Codec: w.codec, Decoder: w.decoder,
		DeadLetters: letters, Store: store, OrgID: org, Moka: client, Gate: gate, Now: time.Now, Sleep: sleep,
		Jitter: rand.Float64, Log: log, Registerer: registry,
	})
	if err != nil {
		return nil, nil, errors.Join(err, store.Close())
	}
	return worker, store.Close, nil
}

// named puts the worker's name on its calls.
type named struct {
	name string
	next http.RoundTripper
}

func (n named) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set(workerHeader, n.name)
	return n.next.RoundTrip(r)
}

// open is a gate that lets everybody through.
type open struct{}

func (open) Acquire(ctx context.Context, _ moka.Class) error { return ctx.Err() }
func (open) Refused(time.Duration)                           {}
func (open) Accepted()                                       {}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}
