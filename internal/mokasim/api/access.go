package api

import (
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"time"
)

const (
	tokenLife  = 2 * time.Hour
	tokenRenew = 30 * time.Minute
)

// What Moka was seen to say, with HTTP 500, to a call it cannot authenticate.
const (
	unreadableCredentials = "无法识别的认证信息" //nolint:gosec // what is said of credentials, not any
	unknownKey            = "系统中不存在该apiKey"
)

// access knows who may call: the holder of the API key, and of tokens.
type access struct {
	cfg     Config
	mu      sync.Mutex
	rng     *rand.Rand
	revoked bool
	tokens  []token // unexpired ones, oldest first; two at most but for short lives
}

type token struct {
	text string
	ends time.Time
}

func newAccess(cfg Config) *access {
	return &access{cfg: cfg, rng: rand.New(rand.NewPCG(cfg.Seed, 0x746f6b65))}
}

// denial is why a call with that Authorization is not let in; "" if it is.
func (a *access) denial(authorization string, now time.Time) string {
	a.mu.Lock()
	defer a.mu.Unlock()
	scheme, credentials, _ := strings.Cut(authorization, " ")
	switch strings.ToLower(scheme) {
	case "basic":
		decoded, err := base64.StdEncoding.DecodeString(strings.TrimSpace(credentials))
		if err != nil {
			return unreadableCredentials
		}
		key, _, _ := strings.Cut(string(decoded), ":")
		if a.revoked || !same(key, a.cfg.APIKey) {
			return unknownKey
		}
		return ""
	case "bearer":
		a.expire(now)
		for _, one := range a.tokens {
			if !a.revoked && same(strings.TrimSpace(credentials), one.text) {
				return ""
			}
		}
	}
	return unreadableCredentials
}

// grant is a token and the seconds it has left; ok is false for wrong
// credentials. Moka documents: with 30 minutes or more left, the old token is
// returned again, with less a new one, and then both are valid.
func (a *access) grant(id, secret string, now time.Time) (text string, seconds int, ok bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.revoked || !same(id, a.cfg.ClientID) || !same(secret, a.cfg.ClientSecret) {
		return "", 0, false
	}
	a.expire(now)
	if n := len(a.tokens); n > 0 && a.tokens[n-1].ends.Sub(now) >= tokenRenew {
		return a.tokens[n-1].text, int(a.tokens[n-1].ends.Sub(now) / time.Second), true
	}
	one := token{"a-" + a.uuid(), now.Add(tokenLife)}
	a.tokens = append(a.tokens, one)
	return one.text, int(tokenLife / time.Second), true
}

func (a *access) expire(now time.Time) {
	for len(a.tokens) > 0 && !a.tokens[0].ends.After(now) {
		a.tokens = a.tokens[1:]
	}
}

// revoke takes the key and the client away, or gives them back; tokens do not
// come back.
func (a *access) revoke(revoked bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.revoked = revoked
	if revoked {
		a.tokens = nil
	}
}

func (a *access) isRevoked() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.revoked
}

// uuid is called with mu held.
func (a *access) uuid() string {
	hi, lo := a.rng.Uint64()&^0xf000|0x4000, a.rng.Uint64()&^(3<<62)|2<<62
	return fmt.Sprintf("%08x-%04x-%04x-%04x-%012x", hi>>32, hi>>16&0xffff, hi&0xffff, lo>>48, lo&0xffffffffffff)
}

// same compares secrets; an empty one is never right.
func same(given, right string) bool {
	return right != "" && subtle.ConstantTimeCompare([]byte(given), []byte(right)) == 1
}
