package poll

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/mokafka/mokafka/internal/moka"
)

// Ungated is the gate of the client that an Engine's feeds use: the engine has
// asked its Budget before each call, and is told here how many requests the call
// came to.
func Ungated() moka.Gate { return ungated{} }

type ungated struct{}

// Acquire implements moka.Gate.
func (ungated) Acquire(ctx context.Context, _ moka.Class) error {
	if made, ok := ctx.Value(requestsKey{}).(*atomic.Int64); ok {
		made.Add(1)
	}
	return ctx.Err()
}

// Refused implements moka.Gate: the engine learns it from the error.
func (ungated) Refused(time.Duration) {}

// Accepted implements moka.Gate.
func (ungated) Accepted() {}

type requestsKey struct{}

// run makes the call, and counts the requests that it took: some lists are in
// several parts, and some news want a second opinion.
func (t *task) run(ctx context.Context, api API) result {
	var made atomic.Int64
	a, err := t.call(context.WithValue(ctx, requestsKey{}, &made), api)
	return result{task: *t, answer: a, err: err, requests: int(made.Load())}
}
