package derive

import (
	"strconv"
	"time"

	"github.com/mokafka/mokafka/schemas"
)

// telling is one event of a step, before its family gives it its type. Where a
// step has several, each begins where the one before it ended.
type telling struct {
	kind string
	// mark tells it from others of its kind that come from the same entry. It is
	// what the entry says of it, never how many there were; empty where there can
	// be only one.
	mark          string
	before, after any
	changed       []string
	occurredAt    *time.Time
	operator      *schemas.Person
	// transition is that of a stage move, else nil.
	transition *schemas.StageTransition

	// What Decide adds.
	id      string
	version int64
	command string
}

// whole tells a step as one event.
func whole(s *step, kind string) telling {
	return telling{
		kind: kind, before: s.before, after: s.after, changed: s.changed,
		occurredAt: s.obs.OccurredAt, operator: s.obs.Operator,
	}
}

// number gives n tellings their versions: growing by one each, the last at least
// Moka's time of the version in milliseconds.
func number(tellings []telling, before int64, at time.Time) {
	n := int64(len(tellings))
	newest := max(before+n, at.UnixMilli())
	for i := range tellings {
		tellings[i].version = newest - n + 1 + int64(i)
	}
}

func identityOf(s *step, key string, t *telling, origin Origin) string {
	if s.op == schemas.OperationSnapshot {
		var at int64
		if s.obs.UpdatedAt != nil {
			at = s.obs.UpdatedAt.UnixMilli()
		}
		return snapshotID(key, at, s.next.fingerprint, origin.Revision)
	}
	kind := t.kind
	if t.mark != "" {
		kind += "\x00" + t.mark
	}
	return eventID(origin.Entry.EntryID, key, kind, origin.Revision)
}

// source tells consumers where an event comes from.
func source(t *telling, origin Origin) schemas.EventSource {
	src := schemas.EventSource{
		Channel: origin.Entry.Channel, Endpoint: origin.Entry.Endpoint,
		JournalPartition: origin.Partition, JournalOffset: origin.Offset,
		MapperRevision: int32(origin.Revision), WebhookID: origin.Entry.WebhookID, Operator: t.operator,
	}
	if t.command != "" {
		src.CommandID = &t.command
	}
	return src
}

// fingerprintText is a fingerprint as states keep it.
func fingerprintText(sum uint64) string { return strconv.FormatUint(sum, 16) }
