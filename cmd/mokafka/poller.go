package main

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/mokafka/mokafka/ingest/normalize"
	"github.com/mokafka/mokafka/ingest/poll"
	"github.com/mokafka/mokafka/internal/checkpoint"
	"github.com/mokafka/mokafka/internal/moka"
	"github.com/mokafka/mokafka/internal/ops"
	"github.com/mokafka/mokafka/internal/state"
)

// startPoller starts polling, where it is on. It comes after start, and returns at
// once: whether Moka answers shows in readiness.
func (w *ingestWorker) startPoller(ctx context.Context, ps *parts) error {
	s := w.settings
	if !s.Polling.Feeds.On() {
		w.log.Info().Msg("nothing is polled (POLL_APPLICATIONS=off): webhooks are all that is taken")
		return nil
	}
	index, err := poll.OpenIndex(s.Derive.StateDir, state.BootID())
	if err != nil {
		return err
	}
	ps.hold("the poll index", func(context.Context) error { return index.Close() })
	runner, err := w.poller(ps, index)
	if err != nil {
		return err
	}
	health := &pollHealth{poller: runner, now: w.now}
	w.port.Require(ops.Check{Name: "poll", Ready: func(context.Context) error { return health.ready() }})
	if err := health.measured(w.metrics); err != nil {
		return err
	}
	ps.start(ctx, "the poller", runner.Run)
	return nil
}

func (w *ingestWorker) poller(ps *parts, index *poll.Index) (*poll.Runner, error) {
	s := w.settings
	api, err := moka.New(s.Polling.API, moka.Deps{
		Gate: poll.Ungated(), Attempts: 1, Location: s.Moka.zone(), Now: w.now, Log: w.log, Registerer: w.metrics,
		Secret: s.Polling.Files.secret(s.Polling.API, w.now, w.log),
	})
	if err != nil {
		return nil, &wrongUseError{err}
	}
	ps.hold("the client for Moka", func(context.Context) error { api.CloseIdle(); return nil })
	// Several live at the same time, so they have no metrics: those want a role each.
	options := func() ([]kgo.Opt, error) { return s.Kafka.Options("poll", kafkaLog(w.log), nil) }
	choice := s.Polling.Choice
	choice.Instance = s.Derive.Instance
	d := w.kafka
	leader, err := checkpoint.New(choice, checkpoint.Deps{
		Client: options, OrgID: s.Moka.OrgID, Topics: d.topics, Records: d.records, Encoder: d.encoder, Codec: d.codec,
		Decoder: d.decoder, Now: w.now, Log: w.log, Registerer: w.metrics,
	})
	if err != nil {
		return nil, err
	}
	return poll.New(s.Polling.Feeds, s.Polling.share(), poll.Deps{
		API: api, Leader: leader, Letters: d.letters, Index: index, Client: options, Topics: d.topics, Decoder: d.decoder, Bundle: d.codec.Bundle(),
		OrgID: s.Moka.OrgID, Normalize: normalize.Options{Location: s.Moka.zone()},
		Now: w.now, After: time.After, Jitter: rand.Float64, Log: w.log, Registerer: w.metrics,
		Tracer: w.tracer,
	})
}

// standing is how long a replica must have been standing by before it is believed
// that it does: the one that is about to poll looks the same for a moment.
const standing = 3 * time.Second

// pollHealth tells how polling is for readiness. Until it has worked once, or this
// replica stands by for another, trouble makes the worker unready, so that a
// wrong key stops a rollout. After that, trouble with Moka is no reason to take
// the door for webhooks out of service: the worker is degraded.
type pollHealth struct {
	poller interface {
		Ready() error
		Leading() bool
	}
	now clock

	mu     sync.Mutex
	proven bool
	since  time.Time // standing by since then; zero: it is not
}

func (h *pollHealth) ready() error {
	// In this order: who is given the lease between the two is not standing by.
	err := h.poller.Ready()
	leading := h.poller.Leading()
	h.mu.Lock()
	defer h.mu.Unlock()
	now := h.now()
	switch {
	case err != nil || leading:
		h.since = time.Time{}
		h.proven = h.proven || err == nil
	case h.since.IsZero():
		h.since = now
	case now.Sub(h.since) >= standing:
		h.proven = true
	}
	switch {
	case h.proven:
		return ops.Degraded(err)
	case err == nil && !leading:
		return errors.New("whether this replica polls or stands by is being found out")
	}
	return err
}

// measured adds the metric that alerts go by.
func (h *pollHealth) measured(reg prometheus.Registerer) error {
	return reg.Register(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "mokafka_poll_trouble", Help: "1 while polling does not work here, 0 while it does or this replica stands by.",
	}, func() float64 {
		if h.poller.Ready() != nil {
			return 1
		}
		return 0
	}))
}
