package webhook

import (
	"context"
	"errors"
	"net/http"
	"os"
	"time"

	"github.com/rs/zerolog"

	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
)

// Journal is where pushes become durable; *publish.Journal is one.
type Journal interface {
	// Append returns nil once all entries are acknowledged by all in-sync
	// replicas. publish.ErrBusy and publish.ErrUnavailable ask for another try,
	// publish.ErrTooLarge is for good. It returns when ctx is done at the
	// latest, and must not let ctx reach the producer.
	Append(ctx context.Context, entries ...*schemas.JournalEntry) error
}

// DeadLetters is where authentic but unreadable pushes go; *publish.DeadLetters
// is one.
type DeadLetters interface {
	// Put returns nil once the letter is acknowledged by all in-sync replicas.
	// It returns when ctx is done at the latest.
	Put(ctx context.Context, letter schemas.DeadLetter) error
}

// intake is what all doors do alike: take a body in, journal what could be read,
// bury what could not.
type intake struct {
	org     string
	zone    *time.Location
	maxBody int64
	timeout time.Duration
	room    *bodyRoom
	journal Journal
	letters DeadLetters
	metrics *metrics
	now     func() time.Time

	// What a flood of requests would write often is written a few times a
	// minute; metrics have the numbers.
	unsignedLog, unreadableLog, kafkaLog zerolog.Logger
}

// receive reads the body of a request. held is the room it takes, to be given
// back by release when it is not used any more. Without ok, a is the answer.
func (d *intake) receive(w http.ResponseWriter, r *http.Request, door string) (sent []byte, held int64, a answer, ok bool) {
	sent, held, err := d.room.read(r.Body, r.ContentLength, d.maxBody)
	if err != nil {
		// The rest of the body would be read for nothing.
		w.Header().Set("Connection", "close")
		return nil, held, unreadBody(err), false
	}
	d.metrics.bodyBytes.WithLabelValues(door).Observe(float64(len(sent)))
	return sent, held, answer{}, true
}

// begin starts the time in which the answer is due. What is begun is ended even
// if the client hangs up: Moka may take silence for failure, or for success.
func (d *intake) begin(r *http.Request) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(r.Context()), d.timeout)
}

// maxFanOut bounds what one push takes in the journal, its body once for each
// of its applications. It is well below JOURNAL_BUFFER_BYTES: what never fits
// into the buffer would be told to come again for ever.
const maxFanOut = 32 << 20

// keep journals a push, and returns the answer that follows.
func (d *intake) keep(ctx context.Context, p *push, slip receipt, sent []byte) answer {
	if len(p.Applications)*len(p.body) > maxFanOut {
		return d.bury(ctx, tooLargeForJournal, slip, sent)
	}
	err := d.journal.Append(ctx, p.entries(slip)...)
	switch {
	case err == nil:
		return answerAccepted
	case errors.Is(err, publish.ErrBusy):
		return answerBusy
	case errors.Is(err, publish.ErrTooLarge):
		return d.bury(ctx, tooLargeForJournal, slip, sent)
	default:
		d.kafkaLog.Error().Err(err).Msg("a webhook was not journaled, and answered with 503")
		return answerUnavailable
	}
}

// bury writes the dead letter of an authentic push that cannot be taken, and
// returns the answer that follows.
func (d *intake) bury(ctx context.Context, why *unreadable, slip receipt, sent []byte) answer {
	letter := why.letter(slip, sent)
	if err := d.letters.Put(ctx, letter); err != nil {
		d.kafkaLog.Error().Err(err).Str("class", why.class).
			Msg("the dead letter of a webhook was not written, and the webhook answered with 503")
		return answerUnavailable
	}
	d.unreadableLog.Warn().Str("class", why.class).Str("dead_letter", letter.ID).Msg(why.text)
	return why.answer
}

// unsigned counts and logs a request that is not authentic.
func (d *intake) unsigned(err error, advice string) {
	reason := "wrong"
	switch {
	case errors.Is(err, errNoSignature):
		reason = "missing"
	case errors.Is(err, errMalformedSignature):
		reason = "malformed"
	}
	d.metrics.unsigned.WithLabelValues(reason).Inc()
	d.unsignedLog.Warn().Str("reason", reason).Msg(advice)
}

// unreadBody is the answer to a body that was not read to its end.
func unreadBody(err error) answer {
	switch {
	case errors.Is(err, errTooLarge):
		return answerTooLarge
	case errors.Is(err, errNoRoom):
		return answerBusy
	case errors.Is(err, os.ErrDeadlineExceeded):
		return answerTimeout
	default:
		return answerCutOff
	}
}
