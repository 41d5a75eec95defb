package webhook

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// ZhirenPath is where Moka pushes to the receiver that it documents for the HR
// system Zhiren (知人).
const ZhirenPath = "/api/v2/moka_candidates"

// doorZhiren names the door in metrics, endpointZhiren in the journal.
const (
	doorZhiren     = "zhiren"
	endpointZhiren = "webhook/zhiren"
)

// zhiren is the Zhiren door: a signed form, whose payload is journaled.
type zhiren struct {
	*intake
	auth zhirenKeys
	// paths are those that Moka may have signed.
	paths []string
	// window is how far a tonce may be from now, either way.
	window time.Duration
	seen   *replays
}

func (d *zhiren) serve(w http.ResponseWriter, r *http.Request) outcome {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		return d.refuse(w, answerMethod)
	}
	sent, held, a, ok := d.receive(w, r, doorZhiren)
	defer func() { d.room.release(held) }()
	if !ok {
		return d.refuse(w, a)
	}
	ctx, cancel := d.begin(r)
	defer cancel()

	room := min(readingForm*int64(len(sent)), d.room.limit-held)
	if !d.room.take(room) {
		return d.refuse(w, answerBusy)
	}
	held += room
	form, err := readForm(sent, r.Header.Get("Content-Type"))
	if err != nil {
		return d.refuse(w, answerNotForm)
	}
	key, payload, err := d.auth.authenticate(r.Method, d.paths, form)
	if err != nil {
		d.unsigned(err, "a push to the Zhiren receiver was refused for its signature: if it came from Moka, compare WEBHOOK_ZHIREN_KEYS with Moka's access key and secret")
		w.Header().Set("WWW-Authenticate", "HMAC-SHA256")
		return d.refuse(w, answerUnsigned)
	}
	d.metrics.signed(authentic{key: key, form: doorZhiren})
	contentType, label := contentTypeOf(r.Header.Get("Content-Type"))
	d.metrics.contentTypes.WithLabelValues(doorZhiren, label).Inc()
	slip := receipt{org: d.org, endpoint: endpointZhiren, contentType: contentType, at: d.now().UTC()}

	tonce := time.Unix(form.seconds, 0).UTC()
	if early := tonce.Sub(slip.at); early > d.window || early < -d.window {
		return d.refuse(w, answerStale)
	}
	// The signature covers all that makes a request another one. It is
	// remembered once the push is safe: one that failed may come again.
	settle, err := d.seen.begin(form.digest(), tonce.Add(d.window), slip.at)
	switch {
	case errors.Is(err, errReplayed):
		return d.refuse(w, answerReplayed)
	case err != nil:
		return d.refuse(w, answerBusy)
	}
	safe := false
	defer func() { settle(safe) }() // a panic too lets go of it
	a, event := d.take(ctx, payload, tonce, slip, sent)
	safe = a == answerAccepted
	a.writeZhiren(w)
	return outcome{event, a.label}
}

// readingForm is how many times its size the reading of a body takes at most:
// its fields, and the payload a second time.
const readingForm = 3

// take journals the payload, and returns the answer that follows and the event
// for metrics.
func (d *zhiren) take(ctx context.Context, payload []byte, tonce time.Time, slip receipt, sent []byte) (a answer, event string) {
	p, why := readZhiren(payload, tonce)
	if why != nil {
		return d.bury(ctx, why, slip, sent), eventUnread
	}
	p.contentType = "application/json"
	return d.keep(ctx, p, slip, sent), p.label()
}

func (d *zhiren) refuse(w http.ResponseWriter, a answer) outcome {
	a.writeZhiren(w)
	return outcome{eventUnread, a.label}
}

// zhirenPaths are the documented path and, where the address at which Moka reaches
// the doors has one of its own, the path with that before it.
func zhirenPaths(public string) []string {
	paths := []string{ZhirenPath}
	if u, err := url.Parse(baseOf(public)); err == nil && u.EscapedPath() != "" {
		paths = append(paths, u.EscapedPath()+ZhirenPath)
	}
	return paths
}

// inZhiren is the answerWriter of the Zhiren door.
func inZhiren(w http.ResponseWriter, _ *http.Request, a answer) { a.writeZhiren(w) }

// writeZhiren sends the answer in the form that Moka documents for the receiver.
func (a answer) writeZhiren(w http.ResponseWriter) {
	message := a.msg
	if a.code == 0 {
		message = "ok"
	}
	body := append(strconv.AppendInt([]byte(`{"error_code":`), int64(a.code), 10), `,"error_message":`...)
	a.send(w, append(appendText(body, message), '}'))
}
