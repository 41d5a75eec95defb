package poll

import (
	"context"
	"time"

	"github.com/mokafka/mokafka/internal/moka"
)

// Ungated is the gate of the client that an Engine's feeds use: the engine has
// asked its Budget before each call.
func Ungated() moka.Gate { return ungated{} }

type ungated struct{}

// Acquire implements moka.Gate.
func (ungated) Acquire(ctx context.Context, _ moka.Class) error { return ctx.Err() }

// Refused implements moka.Gate: the engine learns it from the error.
func (ungated) Refused(time.Duration) {}

// Accepted implements moka.Gate.
func (ungated) Accepted() {}
