package writeback

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
)

// maxCommand bounds a command in bytes. The largest sensible one is a headcount
// with a description.
const maxCommand = 256 << 10

// fault says why a record can't be carried out, whatever Moka says. class is of a
// small set; text is without personal data.
type fault struct {
	class, text string
	// command is what could be read, nil if nothing could.
	command *schemas.WritebackCommand
}

// intake decodes and checks a record. An error is temporary.
func (s *session) intake(ctx context.Context, rec *kgo.Record) (*Request, *fault, error) {
	if len(rec.Value) == 0 {
		return nil, &fault{class: "empty", text: "the record has no value, and no moka_control header"}, nil
	}
	// Always by the decoder, which bounds what a hostile value may cost.
	v, err := s.deps.Decoder.Decode(ctx, rec.Value)
	switch {
	case err == nil:
	case temporary(err):
		return nil, nil, fmt.Errorf("decode %s/%d@%d: %w", rec.Topic, rec.Partition, rec.Offset, err)
	case errors.Is(err, schemas.ErrUnknownSchema):
		return nil, &fault{class: "unknown_schema", text: err.Error()}, nil
	default:
		return nil, &fault{class: "avro", text: err.Error()}, nil
	}
	c, ok := v.(*schemas.WritebackCommand)
	if !ok {
		return nil, &fault{class: "avro", text: fmt.Sprintf("the record is a %T, not a write-back command", v)}, nil
	}
	if len(rec.Value) > maxCommand {
		return nil, &fault{"oversize", fmt.Sprintf("the record has %d bytes, and a command at most %d", len(rec.Value), maxCommand), c}, nil
	}
	if c.OrgID != s.deps.OrgID {
		return nil, &fault{"unknown_org", "org_id is not the organisation that this installation writes to", c}, nil
	}
	req, err := NewRequest(c)
	if err != nil {
		return nil, &fault{"invalid", reasonOf(err), c}, nil
	}
	if string(rec.Key) != req.Key {
		return nil, &fault{"misplaced", "misplaced: the record's key is not " + req.Key + ": the order of its commands would not hold", c}, nil
	}
	if at := publish.Partition(req.Key, s.partitions); rec.Partition != at {
		return nil, &fault{"misplaced", fmt.Sprintf("misplaced: the record is in partition %d, and its key belongs into %d: "+
			"have the producer partition by murmur2, as Java's does (librdkafka: partitioner=murmur2_random)", rec.Partition, at), c}, nil
	}
	return req, nil, nil
}

// refuse writes a dead letter, and a REJECTED result where a command could be
// read whose id has none.
func (l *lane) refuse(ctx context.Context, rec *kgo.Record, f *fault) error {
	var records []*kgo.Record
	if c := f.command; c != nil && schemas.ValidCommandID(c.CommandID) {
		sum := sha256.Sum256(rec.Value)
		hash := hex.EncodeToString(sum[:])
		entry, err := l.entry(ctx, l.holding.number, c.CommandID)
		switch {
		case err != nil:
			return err
		case entry != nil && entry.ParameterHash == hash:
			l.metrics.redelivered.Inc()
			l.holding.tracker.settle(rec.Offset)
			return nil
		case entry == nil:
			result, err := l.deps.Records.Result(l.holding.number, "", l.rejected(rec, f, hash))
			if err != nil {
				return fmt.Errorf("write the result of a bad command: %w", err)
			}
			records = append(records, result)
		}
	}
	letter, rl, err := l.letter(rec, f.class, f.text, 1)
	if err != nil {
		return err
	}
	l.metrics.bad.WithLabelValues(f.class).Inc()
	l.deps.Log.Warn().Str("class", f.class).Int32("partition", rec.Partition).Int64("offset", rec.Offset).
		Msg("a write-back command is bad: see the dead letters")
	return l.write(rec.Offset, l.memory, []schemas.DeadLetter{letter}, append(records, rl)...)
}

func (l *lane) rejected(rec *kgo.Record, f *fault, hash string) *schemas.WritebackResult {
	c, now := f.command, l.deps.Now()
	action, err := schemas.CommandAction(c)
	if err != nil {
		action = "none"
	}
	l.metrics.commands.WithLabelValues(action, string(schemas.WritebackOutcomeRejected)).Inc()
	return &schemas.WritebackResult{
		CommandID: c.CommandID, OrgID: c.OrgID, ApplicationID: c.ApplicationID, Action: action,
		Outcome: schemas.WritebackOutcomeRejected, ParameterHash: hash, Reason: &f.text, RequestedAt: c.RequestedAt,
		FinishedAt: &now, Origin: originOf(rec), Worker: &l.cfg.Instance,
	}
}

// reused refuses an id that was used for something else. The first result is the
// ledger's and stays.
func (l *lane) reused(rec *kgo.Record) error {
	letter, rl, err := l.letter(rec, "id_reused", "the command id was used before, with other parameters; the first result stands", 1)
	if err != nil {
		return err
	}
	l.metrics.bad.WithLabelValues("id_reused").Inc()
	return l.write(rec.Offset, l.memory, []schemas.DeadLetter{letter}, rl)
}

// letter builds a dead letter. Its id is that of the record, so that one that is
// written again is known.
func (l *lane) letter(rec *kgo.Record, class, text string, attempts int32) (schemas.DeadLetter, *kgo.Record, error) {
	letter := publish.LetterOf(rec, schemas.DeadLetterStageWriteback, class, text)
	letter.Attempts = attempts
	letter.OrgID = &l.deps.OrgID
	sum := sha256.Sum256(fmt.Appendf(nil, "writeback\x00%s\x00%d\x00%d", rec.Topic, rec.Partition, rec.Offset))
	letter.ID = hex.EncodeToString(sum[:16])
	out, err := l.deps.DeadLetters.Record(letter)
	if errors.Is(err, publish.ErrTooLarge) {
		letter.Body, letter.ErrorText = nil, letter.ErrorText+"; the bytes are too many for a dead letter and stay in the commands topic"
		out, err = l.deps.DeadLetters.Record(letter)
	}
	if err != nil {
		return letter, nil, fmt.Errorf("bury %s/%d@%d: %w", rec.Topic, rec.Partition, rec.Offset, err)
	}
	return letter, out, nil
}

func originOf(rec *kgo.Record) *schemas.RecordOrigin {
	origin := &schemas.RecordOrigin{Topic: rec.Topic, Partition: rec.Partition, Offset: rec.Offset}
	if id, ok := publish.SchemaID(rec.Value); ok {
		id := int32(id)
		origin.SchemaID = &id
	}
	return origin
}
