package webhook

import "net/http"

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
	defer d.room.release(held)
	if !ok {
		return d.refuse(w, a)
	}
	ctx, cancel := d.begin(r)
	defer cancel()

	signed, err := d.auth.authenticate(r.URL.Query().Get("sign"), sent)
	if err != nil {
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

func (d *rest) refuse(w http.ResponseWriter, a answer) outcome {
	a.write(w, nil, nil)
	return outcome{eventUnread, a.label}
}
