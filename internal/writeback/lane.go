package writeback

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/mokafka/mokafka/internal/moka"
	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
)

// lane carries out the commands of one key, one after the other.
type lane struct {
	*session
	holding *holding
	key     string
	queue   []*kgo.Record // under the holding's lock

	memory memory
	// position is that of the command that is carried out in its trace.
	position publish.Position
	// slot tells whether this lane has one of the session's.
	slot bool
}

// run works until there is nothing left for the key. Its error ends the session,
// unless it is errGivenUp.
func (l *lane) run(ctx context.Context) error {
	defer l.rest()
	remembered := false
	for {
		rec := l.holding.next(l)
		if rec == nil {
			return nil
		}
		err := ctx.Err()
		if err == nil && !remembered {
			err = l.remember(ctx)
			remembered = true
		}
		if err == nil {
			err = l.record(ctx, rec)
		}
		l.pendingBy(-1)
		if err != nil {
			return err
		}
	}
}

func (l *lane) remember(ctx context.Context) error {
	entry, err := l.entry(ctx, l.holding.number, memoryKey(l.key))
	if err == nil {
		l.memory, err = readMemory(entry)
	}
	if err != nil {
		return fmt.Errorf("remember an application of partition %d: %w", l.holding.number, err)
	}
	l.showParked()
	return nil
}

// work takes a slot, rest gives it back while there is nothing to do but wait.
func (l *lane) work(ctx context.Context) error {
	if l.slot {
		return nil
	}
	if err := l.slots.Acquire(ctx, 1); err != nil {
		return errors.Join(errGivenUp, err)
	}
	l.slot = true
	return nil
}

func (l *lane) rest() {
	if l.slot {
		l.slots.Release(1)
		l.slot = false
	}
}

// wait sleeps without a slot.
func (l *lane) wait(ctx context.Context, d time.Duration) error {
	l.rest()
	if err := l.deps.Sleep(ctx, d); err != nil {
		return errors.Join(errGivenUp, err)
	}
	return l.work(ctx)
}

// record works off one record: a command, a bad one, or an operator's word.
func (l *lane) record(ctx context.Context, rec *kgo.Record) error {
	if err := l.work(ctx); err != nil {
		return err
	}
	if word, ok := controlOf(rec); ok {
		return l.control(ctx, rec, word)
	}
	req, fault, err := l.read(ctx, rec)
	if err != nil {
		return err
	}
	if fault != nil {
		return l.refuse(ctx, rec, fault)
	}
	return l.command(ctx, rec, req)
}

// read decodes and checks a record, and waits while the registry is away.
func (l *lane) read(ctx context.Context, rec *kgo.Record) (*Request, *fault, error) {
	pause := l.cfg.Backoff
	for {
		req, fault, err := l.intake(ctx, rec)
		if err == nil {
			return req, fault, nil
		}
		if ctx.Err() != nil {
			return nil, nil, errors.Join(errGivenUp, err)
		}
		l.deps.Log.Warn().Err(err).Int32("partition", rec.Partition).Int64("offset", rec.Offset).
			Msg("a write-back command waits for the schema registry")
		if err := l.wait(ctx, pause); err != nil {
			return nil, nil, err
		}
		pause = min(2*pause, l.cfg.BackoffMax)
	}
}

// command carries out a command that came in its turn.
func (l *lane) command(ctx context.Context, rec *kgo.Record, req *Request) error {
	entry, err := l.entry(ctx, l.holding.number, req.Command.CommandID)
	if err != nil {
		return err
	}
	if entry != nil && entry.ParameterHash == req.Hash && final(entry.Outcome) {
		l.metrics.redelivered.Inc()
		l.holding.tracker.settle(rec.Offset)
		return nil
	}
	if entry != nil && entry.ParameterHash != req.Hash {
		return l.reused(rec)
	}
	if p := l.memory.Parked; p != nil {
		return l.park(ctx, rec, req, entry, p)
	}
	r := &run{lane: l, rec: rec, req: req, entry: entry, settles: rec.Offset}
	return r.traced(ctx)
}

// final outcomes are never changed.
func final(o schemas.WritebackOutcome) bool {
	switch o {
	case schemas.WritebackOutcomeApplied, schemas.WritebackOutcomeAlreadyApplied, schemas.WritebackOutcomeRejected,
		schemas.WritebackOutcomeExpired, schemas.WritebackOutcomeFailed:
		return true
	case schemas.WritebackOutcomePending, schemas.WritebackOutcomeParked, schemas.WritebackOutcomeUnknown:
	}
	return false
}

// write has records committed, with the offset of a command that is settled, or
// -1, and takes over what is remembered.
func (l *lane) write(settles int64, m memory, letters []schemas.DeadLetter, records ...*kgo.Record) error {
	l.position.Mark(records...)
	what := &commit{holding: l.holding, records: records, settled: settles, letters: letters}
	if err := l.commits.write(what); err != nil {
		return err
	}
	l.memory = m
	l.showParked()
	return nil
}

// permit waits for the quota's leave to write, and for that of the limit of
// headcounts where the write is to one. One lane at a time waits for the quota.
func (l *lane) permit(ctx context.Context, toHeadcount bool) error {
	if limited, ok := l.deps.Gate.(interface{ HeadcountWrites() moka.Gate }); ok && toHeadcount {
		if err := limited.HeadcountWrites().Acquire(ctx, moka.ClassWriteback); err != nil {
			return givenUp(ctx, fmt.Errorf("wait for the limit of writes to headcounts: %w", err))
		}
	}
	select {
	case l.turn <- struct{}{}:
	case <-ctx.Done():
		return errors.Join(errGivenUp, context.Cause(ctx))
	}
	defer func() { <-l.turn }()
	if err := l.deps.Gate.Acquire(ctx, moka.ClassWriteback); err != nil {
		return givenUp(ctx, fmt.Errorf("wait for the quota: %w", err))
	}
	return nil
}

// showParked counts the parked keys met in this session.
func (l *lane) showParked() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.memory.Parked != nil {
		l.parked[l.key] = l.holding.number
	} else {
		delete(l.parked, l.key)
	}
	l.metrics.parked.Set(float64(len(l.parked)))
}
