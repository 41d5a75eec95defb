package moka

import (
	"context"
	"time"
)

// Class is what a call is for. Their order is their priority.
type Class uint8

// The classes, from the most to the least urgent.
const (
	ClassWriteback   Class = iota // a command's write, or a read it depends on
	ClassRefetch                  // a webhook named an application
	ClassIncremental              // what changed since the last look
	ClassHotSet                   // open applications whose offers and interviews may have changed
	ClassSweep                    // everything, once in a while
	ClassBackfill                 // history
	classes          = iota
)

// String is the class's name in metrics and logs.
func (c Class) String() string {
	switch c {
	case ClassWriteback:
		return "writeback"
	case ClassRefetch:
		return "refetch"
	case ClassIncremental:
		return "incremental"
	case ClassHotSet:
		return "hot_set"
	case ClassSweep:
		return "sweep"
	case ClassBackfill:
		return "backfill"
	default:
		return "unknown"
	}
}

// Gate decides when a call may be made. *Quota is one. Safe for concurrent use.
type Gate interface {
	// Acquire returns nil when a call of the class may be made, or the context's
	// error. Every HTTP attempt asks once.
	Acquire(ctx context.Context, class Class) error
	// Refused tells that Moka refused an attempt for the quota's sake, and for how
	// long it asked to be left alone; 0: it did not say.
	Refused(retryAfter time.Duration)
	// Accepted tells that Moka answered an attempt, and not with such a refusal.
	Accepted()
}
