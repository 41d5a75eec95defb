package webhook

import (
	"errors"
	"net/http"
)

// RESTPath is where Moka's REST webhooks arrive.
const RESTPath = "/webhooks/moka"

// doorREST names the door in metrics, endpointREST in the journal.
const (
	doorREST     = "rest"
	endpointREST = "webhook/rest"
)

// rest is the REST door: from a request to journal entries and an answer.
type rest struct {
	*intake
	auth      authenticator
	redirects redirects
}

func (d *rest) serve(w http.ResponseWriter, r *http.Request) outcome {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		return d.refuse(w, answerMethod)
	}
	sent, held, a, ok := d.receive(w, r, doorREST)
	defer func() { d.room.release(held) }()
	if !ok {
		return d.refuse(w, a)
	}
	ctx, cancel := d.begin(r)
	defer cancel()

	signed, err := d.authenticate(r.URL.Query().Get("sign"), sent, &held)
	switch {
	case errors.Is(err, errNoRoom):
		return d.refuse(w, answerBusy)
	case err != nil:
		d.unsigned(err, "a webhook's signature was refused: if it came from Moka, compare WEBHOOK_SIGNING_KEYS with Moka's signing key")
		w.Header().Set("WWW-Authenticate", "HMAC-SHA256") // a 401 has to say how
		return d.refuse(w, answerUnsigned)
	}
	d.metrics.signed(signed)
	contentType, label := contentTypeOf(r.Header.Get("Content-Type"))
	d.metrics.contentTypes.WithLabelValues(doorREST, label).Inc()
	slip := receipt{org: d.org, endpoint: endpointREST, contentType: contentType, at: d.now().UTC()}

	p, why := readPush(signed, d.auth.data, d.zone, "")
	if why != nil {
		return d.refuse(w, d.bury(ctx, why, slip, sent))
	}
	a = d.keep(ctx, p, slip, sent)
	if a != answerAccepted {
		a.write(w, nil, nil)
	} else {
		a.write(w, acceptedData(p), d.redirects.json(p))
	}
	return outcome{p.label(), a.label}
}

// authenticate finds the form in which sent carries the signature. It adds to
// held the room that it took beside that of the body: a body that nobody signed
// must not cost memory that is not counted. A body that is alone always has its
// room.
func (d *rest) authenticate(sign string, sent []byte, held *int64) (authentic, error) {
	want, err := readSignature(sign)
	if err != nil {
		return authentic{}, err
	}
	if signed, ok := d.auth.asSent(want, sent); ok {
		return signed, nil
	}
	more := min(readingJSON*int64(len(sent)), d.room.limit-*held)
	if !d.room.take(more) {
		return authentic{}, errNoRoom
	}
	*held += more
	return d.auth.otherForms(want, sent)
}

func (d *rest) refuse(w http.ResponseWriter, a answer) outcome {
	a.write(w, nil, nil)
	return outcome{eventUnread, a.label}
}
