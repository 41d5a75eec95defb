package sample

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"sync/atomic"
	"time"
)

// SigningKey is what the webhooks are signed with.
const SigningKey = "bench-signing-key"

// Path is where the webhooks are posted to, without the signature.
const Path = "/webhooks/moka"

// Signed makes HTTP requests, each a signed push with an id and an application
// of its own. It is safe for concurrent use.
type Signed struct {
	pushes *Pushes
	begun  [variants]hash.Cloner // have read their heads
	serial atomic.Int64
	at     int64
}

// NewSigned makes pushes that were triggered at the moment given.
func NewSigned(at time.Time) (*Signed, error) {
	pushes, err := NewPushes()
	if err != nil {
		return nil, err
	}
	s := &Signed{pushes: pushes, at: at.Unix()}
	for i := range s.begun {
		mac, ok := hmac.New(sha256.New, []byte(SigningKey)).(hash.Cloner)
		if !ok {
			return nil, errors.New("the hash can't be cloned")
		}
		mac.Write(pushes.Head(Webhook{Application: int64(i)})) // a hash never fails
		s.begun[i] = mac
	}
	return s, nil
}

// BodySize is the size of each body in bytes.
func (s *Signed) BodySize() int {
	return len(s.pushes.Body(Webhook{Application: FirstApplication, TriggeredAt: s.at, Phone: firstPhone}))
}

const firstPhone = 18_600_000_000

// AppendRequest appends the bytes of the next request, for any host.
func (s *Signed) AppendRequest(dst []byte) []byte {
	n := s.serial.Add(1)
	w := Webhook{Serial: n, Application: FirstApplication + n, TriggeredAt: s.at, Phone: firstPhone}
	head := s.pushes.Head(w)
	var room [256]byte
	tail := s.pushes.AppendTail(room[:0], w)
	mac, err := s.begun[w.variant()].Clone()
	if err != nil {
		panic(err) // Cloner promises that it does not, once it did
	}
	mac.Write(tail)
	dst = append(dst, "POST "+Path+"?sign="...)
	dst = hex.AppendEncode(dst, mac.Sum(nil))
	dst = fmt.Appendf(dst, " HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n",
		len(head)+len(tail))
	dst = append(dst, head...)
	return append(dst, tail...)
}
