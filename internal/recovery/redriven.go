package recovery

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
)

// Form reads a webhook's bytes again, as its door does, with the keys of now.
type Form interface {
	// Read returns the journal entries that the bytes come to. Its error says why
	// they cannot be taken still, without personal data.
	Read(ctx context.Context, letter *schemas.DeadLetter) ([]*schemas.JournalEntry, error)
}

// left says why a letter is not redriven, and what to do instead.
type left struct{ advice string }

func (l *left) Error() string { return l.advice }

// unsettling are the classes of write-back letters that would come back, or
// change nothing: the ledger has an outcome for the command's id, or there is no
// command in the bytes.
var unsettling = map[string]string{
	"id_reused":   "the first command of its id has a result, which stands: submit this one again under an id of its own, and drop the letter",
	"invalid":     "its id has the result REJECTED: have its caller submit it again, put right and under another id, and drop the letter",
	"misplaced":   "its id has the result REJECTED: have its caller submit it again under another id, partitioned by murmur2, and drop the letter",
	"oversize":    "its id has the result REJECTED: have its caller submit a smaller one under another id, and drop the letter",
	"unknown_org": "its id has the result REJECTED: have its caller submit it to the organisation it is for, and drop the letter",
	"empty":       "there is no command in it: drop it",
	"control":     "it is an operator's word that was not understood: say it with 'mokafka parked', and drop the letter",
}

// parked is what to know of a command that exhausted its attempts.
const parked = "the ledger decides: the command has the result FAILED, which stands, so that it is not applied a second time; " +
	"end its application's waiting with 'mokafka parked', and submit it again under another id"

// redriven returns the records that put a letter's bytes back where they were
// refused, and what is to be known about it. A *left error says why there are
// none.
func redriven(ctx context.Context, records *publish.Records, form Form, dead *schemas.DeadLetter) (recs []*kgo.Record, note string, err error) {
	t := records.Topics()
	switch dead.Stage {
	case schemas.DeadLetterStageDerive:
		rec, err := original(dead, t.Journal())
		return []*kgo.Record{rec}, "", err
	case schemas.DeadLetterStageWriteback:
		if advice, ok := unsettling[dead.ErrorClass]; ok {
			return nil, "", &left{advice}
		}
		if dead.ErrorClass == "failed" {
			note = parked
		}
		rec, err := original(dead, t.Commands())
		return []*kgo.Record{rec}, note, err
	case schemas.DeadLetterStageWebhook:
		return webhook(ctx, records, form, dead)
	case schemas.DeadLetterStagePoll:
		return nil, "", &left{"it has no bytes: what Moka shows now is read again by the next sweep, or by 'mokafka backfill' over the time it was updated; then drop it"}
	case schemas.DeadLetterStageUnknown:
	}
	return nil, "", &left{"it is of a newer mokafka: redrive it with that one"}
}

// original is the record a letter is about, with its key, headers and bytes.
func original(dead *schemas.DeadLetter, topic string) (*kgo.Record, error) {
	switch {
	case dead.Origin != nil && dead.Origin.Topic != topic:
		return nil, &left{fmt.Sprintf("it was read from %s, and this installation's topic is %s", dead.Origin.Topic, topic)}
	case len(dead.Body) == 0:
		return nil, &left{"its bytes are not there any more, neither in the letter nor in " + topic + ": drop it"}
	}
	rec := &kgo.Record{Topic: topic, Value: dead.Body, Headers: headers(dead)}
	if dead.Key != nil {
		rec.Key = []byte(*dead.Key)
	}
	return rec, nil
}

// webhook reads the form anew: what was refused was never journaled.
func webhook(ctx context.Context, records *publish.Records, form Form, dead *schemas.DeadLetter) ([]*kgo.Record, string, error) {
	entries, err := form.Read(ctx, dead)
	if err != nil {
		return nil, "", &left{"it cannot be taken still: " + err.Error()}
	}
	recs := make([]*kgo.Record, 0, len(entries))
	for _, entry := range entries {
		rec, err := records.JournalEntry(entry)
		if err != nil {
			return nil, "", &left{"it cannot be taken still: " + err.Error()}
		}
		rec.Headers = headers(dead)
		recs = append(recs, rec)
	}
	return recs, "", nil
}

// headers are the letter's, with those that mark another attempt.
func headers(dead *schemas.DeadLetter) []kgo.RecordHeader {
	attempt := 1
	if n, err := strconv.Atoi(string(dead.Headers[AttemptHeader])); err == nil && n > 1 {
		attempt = n
	}
	out := make([]kgo.RecordHeader, 0, len(dead.Headers)+2)
	for _, name := range slices.Sorted(maps.Keys(dead.Headers)) {
		if name != RedrivenHeader && name != AttemptHeader {
			out = append(out, kgo.RecordHeader{Key: name, Value: dead.Headers[name]})
		}
	}
	return append(out,
		kgo.RecordHeader{Key: RedrivenHeader, Value: []byte(dead.ID)},
		kgo.RecordHeader{Key: AttemptHeader, Value: strconv.AppendInt(nil, int64(attempt)+1, 10)})
}
