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

// RESTPath is where Moka's REST webhooks arrive.
const RESTPath = "/webhooks/moka"

// doorREST names the door in metrics, endpointREST in the journal.
const (
	doorREST     = "rest"
	endpointREST = "webhook/rest"
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

// rest is the REST door: from a request to journal entries and an answer.
type rest struct {
	org       string
	zone      *time.Location
	auth      authenticator
	redirects redirects
	maxBody   int64
	timeout   time.Duration
	room      *bodyRoom
	journal   Journal
	letters   DeadLetters
	metrics   *metrics
	now       func() time.Time

	// What a flood of requests would write often is written a few times a
	// minute; metrics have the numbers.
	unsignedLog, unreadableLog, kafkaLog zerolog.Logger
}

func (d *rest) serve(w http.ResponseWriter, r *http.Request) outcome {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		return d.refuse(w, answerMethod)
	}
	sent, held, err := d.room.read(r.Body, r.ContentLength, d.maxBody)
	defer d.room.release(held)
	if err != nil {
		// The rest of the body would be read for nothing.
		w.Header().Set("Connection", "close")
		return d.refuse(w, unreadBody(err))
	}
	d.metrics.bodyBytes.WithLabelValues(doorREST).Observe(float64(len(sent)))

	// From here on the answer is due in time, and what is begun is ended even if
	// the client hangs up: Moka may take silence for failure, or for success.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), d.timeout)
	defer cancel()

	signed, err := d.auth.authenticate(r.URL.Query().Get("sign"), sent)
	if err != nil {
		d.countUnsigned(err)
		w.Header().Set("WWW-Authenticate", "HMAC-SHA256") // a 401 has to say how
		return d.refuse(w, answerUnsigned)
	}
	d.metrics.signed(signed)
	contentType, label := contentTypeOf(r.Header.Get("Content-Type"))
	d.metrics.contentTypes.WithLabelValues(doorREST, label).Inc()
	slip := receipt{org: d.org, endpoint: endpointREST, contentType: contentType, at: d.now().UTC()}

	p, why := readPush(signed, d.auth.data, d.zone)
	if why != nil {
		return d.refuse(w, d.bury(ctx, why, slip, sent))
	}
	a := d.keep(ctx, p, slip, sent)
	if a != answerAccepted {
		a.write(w, nil, nil)
	} else {
		a.write(w, acceptedData(p), d.redirects.json(p))
	}
	return outcome{p.label(), a.label}
}

func (d *rest) refuse(w http.ResponseWriter, a answer) outcome {
	a.write(w, nil, nil)
	return outcome{eventUnread, a.label}
}

// keep journals a push, and returns the answer that follows.
func (d *rest) keep(ctx context.Context, p *push, slip receipt, sent []byte) answer {
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
func (d *rest) bury(ctx context.Context, why *unreadable, slip receipt, sent []byte) answer {
	letter := why.letter(slip, sent)
	if err := d.letters.Put(ctx, letter); err != nil {
		d.kafkaLog.Error().Err(err).Str("class", why.class).
			Msg("the dead letter of a webhook was not written, and the webhook answered with 503")
		return answerUnavailable
	}
	d.unreadableLog.Warn().Str("class", why.class).Str("dead_letter", letter.ID).Msg(why.text)
	return why.answer
}

func (d *rest) countUnsigned(err error) {
	reason := "wrong"
	switch {
	case errors.Is(err, errNoSignature):
		reason = "missing"
	case errors.Is(err, errMalformedSignature):
		reason = "malformed"
	}
	d.metrics.unsigned.WithLabelValues(reason).Inc()
	d.unsignedLog.Warn().Str("reason", reason).
		Msg("a webhook's signature was refused: if it came from Moka, compare WEBHOOK_SIGNING_KEYS with Moka's signing key")
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
