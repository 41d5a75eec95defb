package writeback

import (
	"context"
	"fmt"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/mokafka/mokafka/schemas"
)

// ControlHeader is the header of a record in the commands topic that is an
// operator's word about its key and not a command: ControlRelease or ControlDrop.
// Such a record has no value.
const ControlHeader = "moka_control"

// The operator's words.
const (
	ControlRelease = "release"
	ControlDrop    = "drop"
)

// controlOf reads the operator's word; ok is false for anything else.
func controlOf(rec *kgo.Record) (word string, ok bool) {
	for _, h := range rec.Headers {
		if h.Key == ControlHeader {
			return string(h.Value), true
		}
	}
	return "", false
}

// control carries out an operator's word. One from before the key was parked, as
// a replay brings it, does nothing.
func (l *lane) control(ctx context.Context, rec *kgo.Record, word string) error {
	if len(rec.Value) > 0 || word != ControlRelease && word != ControlDrop {
		return l.refuse(ctx, rec, &fault{class: "control",
			text: "a record with the header " + ControlHeader + " is to say release or drop there, and to have no value"})
	}
	p := l.memory.Parked
	if p == nil || p.At >= rec.Offset {
		l.holding.tracker.settle(rec.Offset)
		return nil
	}
	l.deps.Log.Info().Str("key", l.key).Str("word", word).Int("waiting", len(p.Waiting)).Msg("an operator ends the parking of an application")
	if word == ControlDrop {
		return l.drop(ctx, rec, p)
	}
	return l.release(ctx, rec, p)
}

// park has a command wait for an operator.
func (l *lane) park(ctx context.Context, rec *kgo.Record, req *Request, entry *schemas.WritebackResult, p *parking) error {
	if entry != nil && entry.Outcome == schemas.WritebackOutcomePending {
		// It had begun before the key was parked: a worker died over it.
		r := &run{lane: l, rec: rec, req: req, entry: entry, settles: rec.Offset}
		return r.traced(ctx)
	}
	if p.holds(req.Command.CommandID) {
		l.holding.tracker.settle(rec.Offset)
		return nil
	}
	r := &run{lane: l, rec: rec, req: req, settles: rec.Offset, begun: l.deps.Now()}
	if len(p.Waiting) >= l.cfg.MaxParked {
		return r.settle(schemas.WritebackOutcomeRejected, fmt.Sprintf(
			"the application is parked since command %s failed, and %d commands wait for it already", p.Command, len(p.Waiting)), nil)
	}
	result := r.result(schemas.WritebackOutcomeParked, "waits: command "+p.Command+" of the same application failed")
	m := l.memory
	m.Parked = p.plus(waiting{ID: req.Command.CommandID, Offset: rec.Offset})
	records, err := l.build(map[string]*schemas.WritebackResult{"": result, memoryKey(l.key): m.record(result)})
	if err != nil {
		return err
	}
	l.metrics.commands.WithLabelValues(req.Action, string(schemas.WritebackOutcomeParked)).Inc()
	return l.write(rec.Offset, m, nil, records...)
}

func (l *lane) build(results map[string]*schemas.WritebackResult) ([]*kgo.Record, error) {
	var records []*kgo.Record
	for key, result := range results {
		rec, err := l.deps.Records.Result(l.holding.number, key, result)
		if err != nil {
			return nil, fmt.Errorf("write the result of a command: %w", err)
		}
		records = append(records, rec)
	}
	return records, nil
}

// release carries out what waits, in its order, before anything later. When one
// of them fails, the key is parked again, under this word's offset.
func (l *lane) release(ctx context.Context, rec *kgo.Record, p *parking) error {
	var offsets []int64
	for _, w := range p.Waiting {
		offsets = append(offsets, w.Offset)
	}
	l.rest() // reading takes its time
	records, err := l.fetch(ctx, offsets)
	if err != nil {
		return fmt.Errorf("read the commands again that waited for an operator: %w", err)
	}
	if err := l.work(ctx); err != nil {
		return err
	}
	for _, w := range p.Waiting {
		if err := l.resume(ctx, rec, w, records[w.Offset]); err != nil {
			return err
		}
		if now := l.memory.Parked; now != nil && now.At >= rec.Offset {
			l.holding.tracker.settle(rec.Offset)
			return nil // one of them failed
		}
	}
	return l.unpark(ctx, rec)
}

// resume carries out one command that waited; rec is nil where the topic has it
// no more.
func (l *lane) resume(ctx context.Context, word *kgo.Record, w waiting, rec *kgo.Record) error {
	entry, err := l.entry(ctx, l.holding.number, w.ID)
	if err != nil {
		return err
	}
	if entry == nil || final(entry.Outcome) {
		return nil // settled before a worker died over the rest
	}
	if rec == nil {
		why := "released, but its record is no longer in the commands topic: send it again under a new id"
		if entry.Outcome == schemas.WritebackOutcomePending {
			why = "a write may have happened, and the record is no longer in the commands topic: look at it in Moka before it is sent again"
		}
		return l.lost(w, entry, why)
	}
	req, bad, err := l.read(ctx, rec)
	if err != nil {
		return err
	}
	if bad != nil {
		return l.lost(w, entry, "released, but it can't be carried out: "+bad.text)
	}
	if entry.Outcome == schemas.WritebackOutcomeParked {
		entry = nil
	}
	r := &run{lane: l, rec: rec, req: req, entry: entry, settles: -1, waited: true, under: word.Offset}
	return r.traced(ctx)
}

// lost settles a command that waited and can't be read again.
func (l *lane) lost(w waiting, entry *schemas.WritebackResult, why string) error {
	m := l.memory
	m.Parked = m.Parked.minus(w.ID)
	result := l.failed(entry, why)
	records, err := l.build(map[string]*schemas.WritebackResult{"": result, memoryKey(l.key): m.record(result)})
	if err != nil {
		return err
	}
	return l.write(-1, m, nil, records...)
}

func (l *lane) failed(entry *schemas.WritebackResult, why string) *schemas.WritebackResult {
	result, now := *entry, l.deps.Now()
	result.Outcome, result.Reason, result.FinishedAt, result.Memory = schemas.WritebackOutcomeFailed, &why, &now, nil
	l.metrics.commands.WithLabelValues(result.Action, string(result.Outcome)).Inc()
	return &result
}

// drop settles everything that waits as FAILED.
func (l *lane) drop(ctx context.Context, rec *kgo.Record, p *parking) error {
	m := l.memory
	m.Parked = nil
	var records []*kgo.Record
	for _, w := range p.Waiting {
		entry, err := l.entry(ctx, l.holding.number, w.ID)
		if err != nil {
			return err
		}
		if entry == nil || final(entry.Outcome) {
			continue
		}
		more, err := l.build(map[string]*schemas.WritebackResult{"": l.failed(entry, "dropped by an operator")})
		if err != nil {
			return err
		}
		records = append(records, more...)
	}
	return l.unparked(ctx, rec, m, p.Command, records)
}

// unpark ends the parking when nothing waits any more.
func (l *lane) unpark(ctx context.Context, rec *kgo.Record) error {
	if l.memory.Parked == nil {
		l.holding.tracker.settle(rec.Offset)
		return nil
	}
	m := l.memory
	m.Parked = nil
	return l.unparked(ctx, rec, m, l.memory.Parked.Command, nil)
}

// unparked writes what is remembered, with the result of the command that failed.
func (l *lane) unparked(ctx context.Context, rec *kgo.Record, m memory, failed string, records []*kgo.Record) error {
	last, err := l.entry(ctx, l.holding.number, failed)
	if err != nil {
		return err
	}
	if last == nil { // retention took it
		if last, err = l.entry(ctx, l.holding.number, memoryKey(l.key)); err != nil || last == nil {
			return err
		}
	}
	kept, err := l.build(map[string]*schemas.WritebackResult{memoryKey(l.key): m.record(last)})
	if err != nil {
		return err
	}
	return l.write(rec.Offset, m, nil, append(records, kept...)...)
}
