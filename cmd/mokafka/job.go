package main

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/mokafka/mokafka/internal/ops"
)

// job is what the two workers have in common: an ops port that is there first,
// readiness once everything is started, and an end in order.
type job struct {
	name     string
	ops      ops.Config
	shutdown time.Duration
	log      zerolog.Logger
}

// run starts the ops port, then what start starts, and works until ctx ends, which
// is no error.
func (j job) run(ctx context.Context, start func(context.Context, *parts, *ops.Server, *prometheus.Registry) error) error {
	metrics, err := ops.NewRegistry(versionText())
	if err != nil {
		return err
	}
	var started atomic.Bool
	port, err := ops.New(j.ops, metrics, j.log, ops.Check{Name: "start", Ready: func(context.Context) error {
		if !started.Load() {
			return errors.New("not everything is started yet")
		}
		return nil
	}})
	if err != nil {
		return &wrongUseError{err}
	}
	ps := newParts()
	err = func() error {
		ps.start(ctx, "the ops port", port.Run)
		if err := ps.await(ctx, port.Ready()); err != nil {
			return err
		}
		if err := start(ctx, ps, port, metrics); err != nil {
			return err
		}
		started.Store(true)
		j.log.Info().Msg(j.name + " works")
		return ps.wait(ctx)
	}()
	if ctx.Err() != nil { // told to stop, maybe while it was starting
		err = nil
	}
	level := zerolog.InfoLevel
	if err != nil {
		level = zerolog.ErrorLevel
	}
	j.log.WithLevel(level).Err(err).Msg(j.name + " ends")
	err = errors.Join(err, ps.end(j.shutdown))
	if err == nil {
		j.log.Info().Msg(j.name + " ended in order")
	}
	return err
}
