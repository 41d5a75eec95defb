package derive

import (
	"slices"
	"strings"
	"time"

	"github.com/mokafka/mokafka/schemas"
)

const (
	// commandsKept bounds how many commands wait with one entity.
	commandsKept = 32
	// commandPatience is how long a command waits for its effect. Whoever reads
	// Moka has looked by then.
	commandPatience = 7 * 24 * time.Hour
)

// announced adds a command, oldest first. One that is there already stays as it
// was: its first announcement counts. Where there are too many, the oldest that
// was settled goes, else the oldest.
func announced(pending []schemas.PendingCommand, c Command) []schemas.PendingCommand {
	if slices.ContainsFunc(pending, func(p schemas.PendingCommand) bool { return p.CommandID == c.ID && p.Field == c.Field }) {
		return pending
	}
	out := append(slices.Clone(pending), schemas.PendingCommand{CommandID: c.ID, Field: c.Field, Value: c.Value, Since: c.At})
	if len(out) > commandsKept {
		goes := max(0, slices.IndexFunc(out, func(p schemas.PendingCommand) bool { return p.Settled }))
		out = slices.Delete(out, goes, goes+1)
	}
	return out
}

// settled marks a command that was carried out, and drops any other. A command
// that does not wait was consumed by the event that showed its effect.
func settled(pending []schemas.PendingCommand, c Command) []schemas.PendingCommand {
	mine := func(p schemas.PendingCommand) bool {
		return p.CommandID == c.ID && (c.Field == "" || p.Field == c.Field)
	}
	out := slices.Clone(pending)
	if !c.Done {
		return slices.DeleteFunc(out, mine)
	}
	for i := range out {
		out[i].Settled = out[i].Settled || mine(out[i])
	}
	return out
}

// unexpired are the commands that still wait at that time.
func unexpired(pending []schemas.PendingCommand, at time.Time) []schemas.PendingCommand {
	late := func(p schemas.PendingCommand) bool { return at.Sub(p.Since) > commandPatience }
	if !slices.ContainsFunc(pending, late) {
		return pending
	}
	return slices.DeleteFunc(slices.Clone(pending), late)
}

// cause returns the command whose effect a telling shows, "" where there is
// none, and the commands that still wait. Of several that ask for the same, the
// one that has waited longest is the cause; the others wait for the next event. A
// move from before the announcement is only taken for the effect, by a clock that
// is behind, where none of those that follow shows it.
func (d *Decider) cause(pending []schemas.PendingCommand, t *telling, following []telling) (string, []schemas.PendingCommand) {
	command, left := "", pending
	var fields []string
	for _, p := range pending {
		if slices.Contains(fields, p.Field) || !d.shows(t, p) {
			continue
		}
		if t.transition != nil && t.transition.At != nil && t.transition.At.Before(p.Since) &&
			slices.ContainsFunc(following, func(f telling) bool { return d.shows(&f, p) }) {
			continue
		}
		if command == "" {
			command, left = p.CommandID, slices.Clone(pending)
		}
		fields = append(fields, p.Field)
		left = slices.DeleteFunc(left, func(o schemas.PendingCommand) bool {
			return o.CommandID == p.CommandID && o.Field == p.Field
		})
	}
	return command, left
}

// shows tells whether a telling shows the field of a command taking its value.
// At first sight that is the field having the value: what it was before nobody
// knows. A command about the entity as a whole shows in any change or deletion.
// A move that was made before the command was announced is not its effect.
func (d *Decider) shows(t *telling, p schemas.PendingCommand) bool {
	switch {
	case t.before == nil && p.Field == "":
		return false // that it came about is not a change of it
	case p.Field == "":
		return true
	case t.after == nil:
		return false
	}
	if t.before == nil {
		if c := as[schemas.Candidate](t.after); c != nil && touched([]string{p.Field}, "stage") && earlier(c.MovedAt, p) {
			return false
		}
		return p.Value != nil && d.model.Shows(t.after, p.Field, *p.Value)
	}
	if t.transition != nil && touched([]string{p.Field}, "stage") && earlier(t.transition.At, p) {
		return false
	}
	changed := touched(t.changed, p.Field) || slices.ContainsFunc(t.changed, func(c string) bool {
		return strings.HasPrefix(p.Field, c+".") // a record that came or went as a whole
	})
	return changed && (p.Value == nil || d.model.Shows(t.after, p.Field, *p.Value))
}

// earlier tells whether a moment lies before the announcement of a command, as
// surely as Moka's clock and ours agree.
func earlier(at *time.Time, p schemas.PendingCommand) bool {
	return at != nil && at.Before(p.Since.Add(-maxSkew))
}
