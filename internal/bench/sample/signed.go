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
	begun  hash.Cloner // has read the head
	serial atomic.Int64
	at     int64
}

// NewSigned makes pushes that were triggered at the moment given.
func NewSigned(at time.Time) (*Signed, error) {
	pushes, err := NewPushes()
	if err != nil {
		return nil, err
	}
	begun, ok := hmac.New(sha256.New, []byte(SigningKey)).(hash.Cloner)
	if !ok {
		return nil, errors.New("the hash can't be cloned")
	}
	begun.Write(pushes.Head()) // a hash never fails
	return &Signed{pushes: pushes, begun: begun, at: at.Unix()}, nil
}

// BodySize is the size of each body in bytes.
func (s *Signed) BodySize() int {
	return len(s.pushes.Body(Webhook{Application: FirstApplication, TriggeredAt: s.at, Phone: firstPhone}))
}

const firstPhone = 18_600_000_000

// AppendRequest appends the bytes of the next request, for any host.
func (s *Signed) AppendRequest(dst []byte) []byte {
	n := s.serial.Add(1)
	var room [256]byte
	tail := s.pushes.AppendTail(room[:0], Webhook{
		Serial: n, Application: FirstApplication + n, TriggeredAt: s.at, Phone: firstPhone,
	})
	mac, err := s.begun.Clone()
	if err != nil {
		panic(err) // Cloner promises that it does not, once it did
	}
	mac.Write(tail)
	dst = append(dst, "POST "+Path+"?sign="...)
	dst = hex.AppendEncode(dst, mac.Sum(nil))
	dst = fmt.Appendf(dst, " HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n",
		len(s.pushes.Head())+len(tail))
	dst = append(dst, s.pushes.Head()...)
	return append(dst, tail...)
}
