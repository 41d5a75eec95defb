package derive

import (
	"context"
	"errors"
	"slices"

	"github.com/mokafka/mokafka/ingest/normalize"
	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
)

// RejectionError is a permanent fault of a journal entry, for the dead letters. Its
// text has nothing of the entry's body in it.
type RejectionError struct{ Class, Text string }

func (r *RejectionError) Error() string { return r.Class + ": " + r.Text }

// Known is what a Memory has of an entity.
type Known struct {
	// State is a pointer to it, nil where there is none.
	State any
	// Lost says that the entity was there before, and that nobody knows any more
	// what it was: what shows it next takes a snapshot.
	Lost bool
}

// Memory has the last states of entities.
type Memory interface {
	// Known is what is known of an entity before the entry.
	Known(ctx context.Context, family publish.Family, key string) (Known, error)
	// Keys are those of a family that begin with prefix and have a state, in any
	// order.
	Keys(ctx context.Context, family publish.Family, prefix string) ([]string, error)
}

// Reading is how an entry is read.
type Reading struct {
	Mapper  normalize.Mapper
	Options normalize.Options
	// Only has the entities of one family be looked at; nil is all of them.
	Only *publish.Family
}

// Step is what one observation of an entry, or its news of a command, comes to.
type Step struct {
	Family publish.Family
	Key    string
	// Observed is nil for news of a command.
	Observed *normalize.Observation
	Outcome  Outcome
}

// Unfold says what an entry comes to, given what memory has, in the order in
// which it comes about. An application that is gone takes with it what is known of
// it. Nothing is written: whoever asked keeps the states of the steps, all or none.
//
// It fails with normalize.ErrUnknownEvent where there is nothing to derive, a
// *RejectionError where the entry can't be read, or what memory said.
func (d *Decider) Unfold(ctx context.Context, origin Origin, how Reading, memory Memory) ([]Step, error) {
	u := unfolding{
		Decider: d, memory: memory, origin: origin, only: how.Only,
		decided: map[entityKey]any{}, times: map[entityKey]int{},
	}
	if origin.Entry.Channel == schemas.ChannelWriteback {
		err := u.command(ctx)
		return u.steps, err
	}
	observations, err := how.Mapper.Entry(origin.Entry, how.Options)
	if errors.Is(err, normalize.ErrUnknownEvent) {
		return nil, err
	}
	if err != nil {
		return nil, unreadable(err)
	}
	err = u.observe(ctx, observations)
	return u.steps, err
}

func unreadable(err error) error {
	var bad *normalize.Error
	if errors.As(err, &bad) {
		return &RejectionError{string(bad.Class), bad.Error()}
	}
	return &RejectionError{"normalize", err.Error()}
}

// unfolding is an entry at work.
type unfolding struct {
	*Decider
	memory  Memory
	origin  Origin
	only    *publish.Family
	steps   []Step
	decided map[entityKey]any // nil: forgotten
	times   map[entityKey]int
}

func (u *unfolding) observe(ctx context.Context, observations []normalize.Observation) error {
	for i := 0; i < len(observations); i++ {
		obs := &observations[i]
		verdict, err := u.decide(ctx, obs)
		if err != nil {
			return err
		}
		c, ok := obs.Entity.(*schemas.Candidate)
		if ok && obs.Act == normalize.Gone && (verdict == Changed || verdict == Unchanged) {
			left, err := u.leftOf(ctx, c, obs)
			if err != nil {
				return err
			}
			observations = append(observations[:len(observations):len(observations)], left...)
		}
	}
	return nil
}

func (u *unfolding) decide(ctx context.Context, obs *normalize.Observation) (Verdict, error) {
	family, key, err := KeyOf(obs.Entity)
	if err != nil {
		return 0, &RejectionError{"decide", err.Error()}
	}
	if u.only != nil && *u.only != family {
		return Unchanged, nil
	}
	k := entityKey{family, key}
	known, err := u.known(ctx, k)
	if err != nil {
		return 0, err
	}
	origin := u.origin.nth(u.times[k])
	if known.Lost && origin.Entry.Channel != schemas.ChannelReplay {
		entry := *origin.Entry
		entry.Channel, origin.Entry = schemas.ChannelReplay, &entry
	}
	out, err := u.Decide(known.State, obs, origin)
	if err != nil {
		return 0, &RejectionError{"decide", err.Error()}
	}
	u.times[k]++
	u.add(k, obs, out)
	return out.Verdict, nil
}

// command takes an entry of the channel WRITEBACK.
func (u *unfolding) command(ctx context.Context) error {
	c, err := u.ReadCommand(u.origin.Entry)
	if err != nil {
		return &RejectionError{"command", err.Error()}
	}
	family, key, err := KeyOf(c.Entity)
	if err != nil {
		return &RejectionError{"command", err.Error()}
	}
	k := entityKey{family, key}
	known, err := u.known(ctx, k)
	if err != nil {
		return err
	}
	out, err := u.Note(known.State, c)
	if err != nil {
		return &RejectionError{"command", err.Error()}
	}
	u.add(k, nil, out)
	return nil
}

// known is the last state of an entity, by this entry or before it.
func (u *unfolding) known(ctx context.Context, k entityKey) (Known, error) {
	if v, ok := u.decided[k]; ok {
		return Known{State: v}, nil
	}
	return u.memory.Known(ctx, k.family, k.key)
}

func (u *unfolding) add(k entityKey, obs *normalize.Observation, out Outcome) {
	if out.State != nil || out.Forget {
		u.decided[k] = out.State
	}
	u.steps = append(u.steps, Step{Family: k.family, Key: k.key, Observed: obs, Outcome: out})
}

// keysOf are the keys of a family that begin with prefix and have a state, by
// this entry or before it, sorted.
func (u *unfolding) keysOf(ctx context.Context, family publish.Family, prefix string) ([]string, error) {
	keys, err := u.memory.Keys(ctx, family, prefix)
	if err != nil {
		return nil, err
	}
	keys = slices.DeleteFunc(slices.Clone(keys), func(key string) bool {
		v, ok := u.decided[entityKey{family, key}]
		return ok && v == nil
	})
	for k, v := range u.decided {
		if k.family == family && v != nil && len(k.key) >= len(prefix) && k.key[:len(prefix)] == prefix {
			keys = append(keys, k.key)
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys), nil
}
