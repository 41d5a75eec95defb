package webhook

import (
	"crypto/sha256"
	"net/http"
	"strconv"
	"time"
)

// Authenticate is what a door does first, for benchmarks: it returns the form in
// which the body carried its signature.
func Authenticate(keys []string, data *DataCipher, sign string, body []byte) (string, error) {
	auth := authenticator{keys: fixed(keys), data: data}
	door := rest{intake: &intake{room: &bodyRoom{limit: 1 << 30}}, auth: auth}
	a, err := door.authenticate(sign, body, new(int64))
	return string(a.form), err
}

// Allowed tells whether the caller of a request may push.
func Allowed(networks, proxies []string, r *http.Request) bool {
	s, err := newSources(networks, proxies)
	if err != nil {
		return false
	}
	_, ok := s.check(r)
	return ok
}

// Splice puts data in place of the encrypted data; ok is false where there is
// none.
func (e *Envelope) Splice(body, data []byte) (spliced []byte, ok bool) {
	if e.cipherText == nil {
		return nil, false
	}
	return e.splice(body, data), true
}

// Padding is padding.
func Padding(last []byte) (n int, ok bool) {
	n, fits := padding(last)
	return n, fits == 1
}

// SelfSigned is where self-signed certificates are kept.
const SelfSigned = selfSignedFile

// Replays remembers requests by number.
type Replays struct{ replays }

func NewReplays() *Replays { return &Replays{} }

func (r *Replays) Begin(n int, until, now time.Time) (func(bool), error) {
	return r.begin(sha256.Sum256([]byte(strconv.Itoa(n))), until, now)
}

func (r *Replays) Len() int { return len(r.seen) }
