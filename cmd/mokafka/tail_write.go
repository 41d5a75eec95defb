package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
	"unicode/utf8"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/mokafka/mokafka/schemas"
)

// tailWriter writes records, a line each.
type tailWriter struct {
	out     *bufio.Writer
	decoder *schemas.Decoder
	opts    tailOptions
	since   time.Time
	shown   int
}

func newTailWriter(w io.Writer, decoder *schemas.Decoder, opts tailOptions, since time.Time) *tailWriter {
	return &tailWriter{out: bufio.NewWriterSize(w, 64<<10), decoder: decoder, opts: opts, since: since}
}

// show writes a record that was asked for, by its key and its time. It
// returns errLimit after the last one asked for. A record that cannot be decoded
// is shown as such; that the registry is away is an error.
func (w *tailWriter) show(ctx context.Context, rec *kgo.Record) error {
	if !w.opts.anyKey && string(rec.Key) != w.opts.key {
		return nil
	}
	if rec.Timestamp.Before(w.since) {
		return nil // Kafka found its offset by the marker of a transaction before it
	}
	var value json.RawMessage
	var err error
	if rec.Value != nil {
		value, _, err = w.decoder.JSON(ctx, rec.Value)
		if errors.Is(err, schemas.ErrRegistryUnavailable) || ctx.Err() != nil {
			return fmt.Errorf("decode %s/%d@%d: %w", rec.Topic, rec.Partition, rec.Offset, err)
		}
	}
	if w.opts.asJSON {
		err = w.writeJSON(rec, value, err)
	} else {
		err = w.writeText(ctx, rec, value, err)
	}
	if err != nil {
		return err
	}
	w.shown++
	if w.opts.limit > 0 && w.shown >= w.opts.limit {
		return errLimit
	}
	return nil
}

func (w *tailWriter) flush() error {
	if err := w.out.Flush(); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	return nil
}

// tailLine is a record in JSON.
type tailLine struct {
	Topic     string          `json:"topic"`
	Partition int32           `json:"partition"`
	Offset    int64           `json:"offset"`
	Timestamp string          `json:"timestamp"`
	Key       any             `json:"key"`
	Headers   map[string]any  `json:"headers"`
	Value     json.RawMessage `json:"value"`
	Error     string          `json:"error,omitempty"`
	Bytes     []byte          `json:"value_base64,omitempty"`
}

func (w *tailWriter) writeJSON(rec *kgo.Record, value json.RawMessage, problem error) error {
	line := tailLine{
		Topic: rec.Topic, Partition: rec.Partition, Offset: rec.Offset,
		Timestamp: rec.Timestamp.UTC().Format("2006-01-02T15:04:05.000Z07:00"),
		Key:       textOrBytes(rec.Key), Headers: make(map[string]any, len(rec.Headers)), Value: value,
	}
	for _, h := range rec.Headers { // of several with one name the last, as most clients do
		line.Headers[h.Key] = textOrBytes(h.Value)
	}
	if problem != nil {
		line.Error, line.Bytes = problem.Error(), rec.Value
	}
	enc := json.NewEncoder(w.out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(line); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	return nil
}

// textOrBytes is how bytes look in JSON: null, text, or an object with base64.
func textOrBytes(b []byte) any {
	switch {
	case b == nil:
		return nil
	case utf8.Valid(b):
		return string(b)
	}
	return map[string][]byte{"base64": b}
}

func (w *tailWriter) writeText(ctx context.Context, rec *kgo.Record, value json.RawMessage, problem error) error {
	at, key := rec.Timestamp.Local().Format(time.DateTime), "-"
	if len(rec.Key) > 0 {
		key = string(rec.Key)
	}
	var err error
	switch {
	case problem != nil:
		_, err = fmt.Fprintf(w.out, "%s  %d@%d  %s  ✗ %v\n", at, rec.Partition, rec.Offset, key, problem)
	case rec.Value == nil:
		_, err = fmt.Fprintf(w.out, "%s  %d@%d  %s  (deleted)\n", at, rec.Partition, rec.Offset, key)
	default:
		if record, decodeErr := w.decoder.Decode(ctx, rec.Value); decodeErr == nil {
			if happened, ok := happeningOf(record); ok {
				_, err = fmt.Fprintln(w.out, happened.line(happened.at.Local().Format(time.DateTime), false))
				break
			}
		}
		_, err = fmt.Fprintf(w.out, "%s  %d@%d  %s  %s\n", at, rec.Partition, rec.Offset, key, value)
	}
	if err != nil {
		return fmt.Errorf("write: %w", err)
	}
	return nil
}
