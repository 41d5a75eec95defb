package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/mokafka/mokafka/internal/recovery"
	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
)

// workbench is what commands work at that put things right. Close its client.
type workbench struct {
	connection
	client  *kgo.Client
	decoder *schemas.Decoder
	letters *recovery.Letters
	// records is nil on a bench that is only to look.
	records *publish.Records
}

// options make further clients, as the bench's own.
func (w *workbench) options(p *program) func() ([]kgo.Opt, error) {
	return func() ([]kgo.Opt, error) { return w.Kafka.Options("recovery", p.quiet(), nil) }
}

// openBench connects. To write records, the schemas must be registered.
func (p *program) openBench(ctx context.Context, flags connectionFlags, write bool) (*workbench, error) {
	w := &workbench{}
	if err := flags.over(p.environment()).read(&w.Kafka, &w.Topics, &w.Registry); err != nil {
		return nil, err
	}
	registry, err := w.open(flags.timeout)
	if err != nil {
		return nil, err
	}
	if w.decoder, err = schemas.NewDecoder(registry); err != nil {
		return nil, err
	}
	topics := w.Topics.Topics()
	if write {
		codec, err := schemas.NewCodec()
		if err != nil {
			return nil, err
		}
		encoder := publish.NewEncoder(codec)
		if err := schemasFit(ctx, registry, encoder, publish.Catalogue(w.Topics), w.Registry.URLs); err != nil {
			return nil, err
		}
		w.records = publish.NewRecords(encoder, topics, w.Registry.URLs[0])
	}
	if w.client, err = w.dial(ctx, flags.timeout, p.quiet()); err != nil {
		return nil, err
	}
	w.letters = &recovery.Letters{Client: w.client, Topics: topics, Decoder: w.decoder}
	return w, nil
}

// errUnconfirmed ends a command that was not confirmed.
var errUnconfirmed = errors.New("nothing was done: answer y, or say --yes")

// confirmed asks for a word before something is done.
func (p *program) confirmed(format string, args ...any) error {
	fmt.Fprintf(p.stderr, format+" [y/N] ", args...)
	answer, _ := bufio.NewReader(p.stdin).ReadString('\n') // an end is no
	switch strings.ToLower(strings.TrimSpace(answer)) {
	case "y", "yes":
		return nil
	}
	if !strings.HasSuffix(answer, "\n") {
		fmt.Fprintln(p.stderr)
	}
	return errUnconfirmed
}

// ticker tells how far long work is, on standard error: a line that is written
// over where a person looks, else one now and then.
type ticker struct {
	*program
	told    time.Time
	screen  bool
	written bool
}

func (p *program) newTicker() *ticker {
	f, ok := p.stderr.(*os.File)
	screen := false
	if ok {
		info, err := f.Stat()
		screen = err == nil && info.Mode()&os.ModeCharDevice != 0
	}
	return &ticker{program: p, screen: screen, told: p.now()}
}

const screenEvery = 200 * time.Millisecond

func (t *ticker) tell(format string, args ...any) {
	every, form := lineEvery, "%s\n"
	if t.screen {
		every, form = screenEvery, "\r\x1b[K%s"
	}
	if now := t.now(); now.Sub(t.told) >= every {
		t.told, t.written = now, true
		fmt.Fprintf(t.stderr, form, fmt.Sprintf(format, args...))
	}
}

// end leaves the screen as it was.
func (t *ticker) end() {
	if t.screen && t.written {
		fmt.Fprint(t.stderr, "\r\x1b[K")
	}
}

// parseMoment reads a time of a flag: as parseFrom, but no end of a topic.
func parseMoment(flag, text string, now time.Time) (time.Time, error) {
	start, err := parseFrom(text, now)
	if err != nil || start.at.IsZero() {
		return time.Time{}, fmt.Errorf("%s: %q is not a time such as 2026-01-31T08:00:00+08:00, a day, or a duration such as 15m", flag, text)
	}
	return start.at, nil
}

// moment is a time as tables show it.
func moment(at time.Time) string { return at.UTC().Format("2006-01-02T15:04:05Z") }
