package writeback

import (
	"context"

	"github.com/mokafka/mokafka/publish"
)

// traced carries a command out within a span, which all that is written for it names:
// intents, what is told to the journal, and the result.
func (r *run) traced(ctx context.Context) error {
	ctx, span := r.deps.Tracer.Follow(ctx, r.rec, "write-back")
	span.Set("mokafka.action", r.req.Action)
	span.Set("mokafka.command_id", r.req.Command.CommandID)
	r.position = publish.PositionOf(ctx)
	err := r.carryOut(ctx)
	r.position = publish.Position{}
	span.End(err != nil)
	return err
}
