package schemas_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/mokafka/mokafka/schemas"
)

// hostile are values of a few kilobytes to megabytes that would cost a reader far
// more than their length. What they are written with is a schema, or the name of
// one of this build's.
func hostile(tb testing.TB) map[string]struct {
	source *source
	value  []byte
} {
	tb.Helper()
	type c = struct {
		source *source
		value  []byte
	}
	journal := func(head ...byte) []byte { return append(schemas.AppendHeader(nil, 1), head...) }
	mine := &source{schemas: map[int]schemas.RegisteredSchema{1: complete(tb, embedded(tb), "CandidateEvent")}}
	// event_id, type, op, org_id, application_id, candidate_id, occurred_at,
	// observed_at, version; then source up to changed_fields, which is an array.
	small := candidateEvent()
	small.ChangedFields = []string{"x"}
	event := framed(tb, 1, &small)
	at := bytes.LastIndex(event, []byte{2, 2, 'x', 0})
	if at < 0 {
		tb.Fatalf("no changed_fields in %x", event)
	}
	event = event[:at:at]
	list := func(block []byte, times int) []byte {
		return append(append(event, bytes.Repeat(block, times)...), 0, 0, 0, 0)
	}
	count := func(n int64, rest ...byte) []byte { return append(binary.AppendVarint(nil, n), rest...) }
	const tree = `{"type":"record","name":"T","fields":[{"name":"in","type":["null","T"]},{"name":"l","type":{"type":"array","items":"T"}}]}`
	return map[string]c{
		"an array in blocks of one item":     {mine, list([]byte{2, 0}, 2<<20)},
		"the same with their sizes":          {mine, list([]byte{1, 2, 0}, 1<<20)},
		"a large array, then blocks of one":  {mine, append(append(event, append(count(200_000), make([]byte, 200_000)...)...), list([]byte{2, 0}, 50_000)[len(event):]...)},
		"more items than bytes":              {mine, append(event, count(1<<40)...)},
		"the most negative number of items":  {mine, append(event, count(-1<<63, 0)...)},
		"a million items":                    {mine, list(append(count(1_000_000), make([]byte, 1_000_000)...), 1)},
		"a string longer than the value":     {mine, append(event, count(1, count(1<<50)...)...)},
		"a negative length":                  {mine, append(event, count(1, count(-5)...)...)},
		"deep nesting":                       {text(tree), journal(bytes.Repeat([]byte{2}, 1<<20)...)},
		"deep nesting in arrays":             {text(tree), journal(bytes.Repeat([]byte{0, 2}, 1<<20)...)},
		"nulls without end":                  {text(`{"type":"array","items":"null"}`), journal(count(1<<50, 0)...)},
		"empty records without end":          {text(`{"type":"array","items":{"type":"record","name":"E","fields":[]}}`), journal(count(200_000, 0)...)},
		"a map of more entries than allowed": {text(`{"type":"map","values":"null"}`), journal(bytes.Repeat(count(100_000, make([]byte, 100_000)...), 10)...)},
	}
}

// candidateEvent is a short valid event.
func candidateEvent() schemas.CandidateEvent {
	return schemas.CandidateEvent{
		Type: schemas.CandidateEventTypeUpdated, Op: schemas.OperationUpdate,
		ObservedAt: time.Unix(0, 0), Source: schemas.EventSource{Channel: schemas.ChannelPoll},
	}
}

// What is refused is refused fast and with little memory: within ten seconds, which
// the unbounded ones exceed by far, and at most forty bytes for each that came.
func TestHostileValuesAreRefusedCheaply(t *testing.T) {
	for name, c := range hostile(t) {
		t.Run(name, func(t *testing.T) {
			d := decoder(t, c.source)
			for way, decode := range ways(d) {
				if _, err := d.Decode(t.Context(), schemas.AppendHeader(nil, 1)); err == nil {
					t.Fatal("nothing was decoded") // but the schema is there now
				}
				took, used, err := spent(func() error { return decode(t, c.value) })
				if err == nil {
					t.Errorf("%s: accepted", way)
				}
				if limit := uint64(40*len(c.value) + 1<<20); used > limit {
					t.Errorf("%s: %d bytes of memory for a value of %d, at most %d", way, used, len(c.value), limit)
				}
				if took > 10*time.Second {
					t.Errorf("%s: took %s", way, took)
				}
				if len(err.Error()) > 500 {
					t.Errorf("%s: the error has %d bytes", way, len(err.Error()))
				}
			}
		})
	}
}

func ways(d *schemas.Decoder) map[string]func(*testing.T, []byte) error {
	return map[string]func(*testing.T, []byte) error{
		"Decode": func(t *testing.T, v []byte) error {
			t.Helper()
			_, err := d.Decode(t.Context(), v)
			return err
		},
		"JSON": func(t *testing.T, v []byte) error {
			t.Helper()
			_, _, err := d.JSON(t.Context(), v)
			return err
		},
	}
}

// spent measures f.
func spent(f func() error) (took time.Duration, bytes uint64, err error) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	begin := time.Now()
	err = f()
	took = time.Since(begin)
	runtime.ReadMemStats(&after)
	return took, after.TotalAlloc - before.TotalAlloc, err
}

// Values at the edge of what is allowed are decoded, and stay affordable.
func TestLargeValuesAreAffordable(t *testing.T) {
	d := decoder(t, &source{schemas: map[int]schemas.RegisteredSchema{1: complete(t, embedded(t), "CandidateEvent")}})
	event := candidateEvent()
	event.After = &schemas.Candidate{}
	for range 20_000 {
		event.After.Educations = append(event.After.Educations, schemas.Education{})
		event.After.CustomFields = append(event.After.CustomFields, schemas.CustomField{})
	}
	value := framed(t, 1, &event)
	took, used, err := spent(func() error {
		_, err := d.Decode(t.Context(), value)
		return err
	})
	t.Logf("%d bytes: %s, %d bytes of memory", len(value), took, used)
	if err != nil || used > 64*uint64(len(value))+1<<20 {
		t.Errorf("%v, %d bytes of memory for a value of %d", err, used, len(value))
	}
	long := candidateEvent()
	long.EventID = strings.Repeat("x", 15<<20)
	if _, err := d.Decode(t.Context(), framed(t, 1, &long)); err != nil {
		t.Error(err)
	}
}

// An array in a few blocks, as some writers make them, is no trouble.
func TestArraysInBlocks(t *testing.T) {
	d := decoder(t, text(`{"type":"array","items":"int"}`))
	value := schemas.AppendHeader(nil, 1)
	for range 20 {
		value = append(value, 4, 2, 4, // two items
			3, 4, 2, 4) // two items, in two bytes
	}
	got, _, err := d.JSON(t.Context(), append(value, 0))
	if want := "[" + strings.Repeat("1,2,", 39) + "1,2]"; err != nil || string(got) != want {
		t.Errorf("%s %v", got, err)
	}
}

func FuzzDecoder(f *testing.F) {
	bundle := embedded(f)
	s := &source{schemas: map[int]schemas.RegisteredSchema{}}
	for i, name := range []string{"CandidateEvent", "OfferEvent", "InterviewEvent", "HeadcountEvent", "DeadLetter", "WritebackCommand"} {
		s.schemas[i] = complete(f, bundle, name)
	}
	for i, t := range []string{
		`{"type":"record","name":"T","fields":[{"name":"in","type":["null","T"]},{"name":"l","type":{"type":"array","items":"T"}}]}`,
		`["null","string",{"type":"map","values":["bytes","double",{"type":"int","logicalType":"date"}]}]`,
		`{"type":"array","items":{"type":"fixed","name":"F","size":16,"logicalType":"uuid"}}`,
		`{"type":"array","items":{"type":"bytes","logicalType":"big-decimal"}}`,
		`{"type":"fixed","name":"D","size":12,"logicalType":"duration"}`,
		`{"type":"long","logicalType":"time-micros"}`,
	} {
		s.schemas[10+i] = schemas.RegisteredSchema{Texts: []string{t}}
	}
	event := sampleEvent()
	f.Add(framed(f, 1, &event))
	for _, c := range hostile(f) {
		if len(c.value) < 1<<16 {
			f.Add(c.value)
		}
	}
	for id := range s.schemas {
		f.Add(schemas.AppendHeader(nil, id))
		f.Add(append(schemas.AppendHeader(nil, id), make([]byte, 64)...))
	}
	d := decoder(f, s)
	f.Fuzz(func(t *testing.T, value []byte) {
		if len(value) > 1<<16 {
			return
		}
		var decoded, read error
		took, used, err := spent(func() error {
			_, decoded = d.Decode(t.Context(), value)
			_, _, read = d.JSON(t.Context(), value)
			return nil
		})
		if err != nil || took > 10*time.Second || used > 64<<20 {
			t.Fatalf("%v, %s, %d bytes", err, took, used)
		}
		// What one way takes for this build's record the other can read.
		if decoded == nil && read != nil {
			t.Fatalf("decoded, but as JSON: %v", read)
		}
		if errors.Is(decoded, schemas.ErrRegistryUnavailable) {
			t.Fatal(decoded)
		}
		if _, err := fmt.Fprint(discard{}, decoded, read); err != nil {
			t.Fatal(err)
		}
	})
}

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }
