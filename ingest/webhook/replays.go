package webhook

import (
	"crypto/sha256"
	"errors"
	"sync"
	"time"
)

var (
	errReplayed  = errors.New("the request was taken before")
	errUnsettled = errors.New("the same request, or too many, are being worked on")
)

// maxReplays bounds what is remembered: some 100 bytes each. Only requests that
// are authentic and of the present count, so that nobody else can fill it.
const maxReplays = 100_000

// replays remembers requests as long as their time is accepted, so that each is
// taken once. It knows this process alone: a request that is replayed at another
// replica, or after a restart, is journaled again under the same id, and derives
// nothing.
type replays struct {
	mu   sync.Mutex
	seen map[[sha256.Size]byte]*request
	// swept is when what is over was last dropped.
	swept time.Time
}

type request struct {
	until   time.Time
	settled bool
}

// begin takes a request that is accepted until the given time. settle has to be
// called, once: with true, the request is refused from then on; with false, it
// may come again. The error is errReplayed or errUnsettled.
func (r *replays) begin(digest [sha256.Size]byte, until, now time.Time) (settle func(safe bool), err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if known, ok := r.seen[digest]; ok {
		if known.settled {
			return nil, errReplayed
		}
		return nil, errUnsettled
	}
	if now.Sub(r.swept) >= time.Second || now.Before(r.swept) {
		r.sweep(now)
	}
	if len(r.seen) >= maxReplays {
		return nil, errUnsettled
	}
	if r.seen == nil {
		r.seen = map[[sha256.Size]byte]*request{}
	}
	mine := &request{until: until}
	r.seen[digest] = mine
	return func(safe bool) {
		r.mu.Lock()
		defer r.mu.Unlock()
		if mine.settled = safe; !safe {
			delete(r.seen, digest)
		}
	}, nil
}

// sweep drops what is refused for its time by now.
func (r *replays) sweep(now time.Time) {
	r.swept = now
	for digest, known := range r.seen {
		if known.settled && now.After(known.until) {
			delete(r.seen, digest)
		}
	}
}
