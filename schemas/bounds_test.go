package schemas_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mokafka/mokafka/schemas"
)

// foreign are the schemas of hostileSource besides this build's, by id.
var foreign = map[int]string{
	2: `{"type":"record","name":"T","fields":[{"name":"in","type":["null","T"]},{"name":"l","type":{"type":"array","items":"T"}}]}`,
	3: `{"type":"array","items":"null"}`,
	4: `{"type":"array","items":{"type":"record","name":"E","fields":[]}}`,
	5: `{"type":"map","values":"null"}`,
	6: `["null","string",{"type":"map","values":["bytes","double",{"type":"int","logicalType":"date"}]}]`,
	7: `{"type":"array","items":{"type":"fixed","name":"F","size":16,"logicalType":"uuid"}}`,
	8: `{"type":"array","items":{"type":"bytes","logicalType":"big-decimal"}}`,
	9: `{"type":"fixed","name":"D","size":12,"logicalType":"duration"}`,
}

// hostileSource knows CandidateEvent as 1, the foreign schemas, and more of this
// build's.
func hostileSource(tb testing.TB) *source {
	tb.Helper()
	bundle, s := embedded(tb), &source{schemas: map[int]schemas.RegisteredSchema{}}
	s.schemas[1] = complete(tb, bundle, "CandidateEvent")
	for id, t := range foreign {
		s.schemas[id] = schemas.RegisteredSchema{Texts: []string{t}}
	}
	for i, name := range []string{"OfferEvent", "InterviewEvent", "HeadcountEvent", "DeadLetter", "WritebackCommand"} {
		s.schemas[10+i] = complete(tb, bundle, name)
	}
	return s
}

// hostile are values of a few bytes to megabytes, written with the schemas of
// hostileSource, that would cost a reader far more than their length.
func hostile(tb testing.TB) map[string][]byte {
	tb.Helper()
	value := func(id int, payload ...byte) []byte { return append(schemas.AppendHeader(nil, id), payload...) }
	count := func(n int64, rest ...byte) []byte { return append(binary.AppendVarint(nil, n), rest...) }
	// An event up to changed_fields, which is a list, and one with that many times
	// the blocks given in it.
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
	long := slices.Concat(event, count(200_000, make([]byte, 200_000)...))
	return map[string][]byte{
		"an array in blocks of one item":     list([]byte{2, 0}, 2<<20),
		"the same with their sizes":          list([]byte{1, 2, 0}, 1<<20),
		"a large array, then blocks of one":  append(long, list([]byte{2, 0}, 50_000)[len(event):]...),
		"more items than bytes":              append(event, count(1<<40)...),
		"the most negative number of items":  append(event, count(-1<<63, 0)...),
		"a million items":                    list(count(1_000_000, make([]byte, 1_000_000)...), 1),
		"a string longer than the value":     append(event, count(1, count(1<<50)...)...),
		"a negative length":                  append(event, count(1, count(-5)...)...),
		"deep nesting":                       value(2, bytes.Repeat([]byte{2}, 1<<20)...),
		"deep nesting in arrays":             value(2, bytes.Repeat([]byte{0, 2}, 1<<20)...),
		"nulls without end":                  value(3, count(1<<50, 0)...),
		"empty records without end":          value(4, count(200_000, 0)...),
		"a map of more entries than allowed": value(5, bytes.Repeat(count(100_000, make([]byte, 100_000)...), 10)...),
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
	d := decoder(t, hostileSource(t))
	for id := range foreign { // have the schemas fetched: they are not what is measured
		_, _ = d.Decode(t.Context(), schemas.AppendHeader(nil, id))
	}
	_, _ = d.Decode(t.Context(), schemas.AppendHeader(nil, 1))
	for name, value := range hostile(t) {
		t.Run(name, func(t *testing.T) {
			for way, decode := range ways(d) {
				took, used, err := spent(func() error { return decode(t, value) })
				if err == nil {
					t.Errorf("%s: accepted", way)
				}
				if limit := uint64(40*len(value) + 1<<20); used > limit {
					t.Errorf("%s: %d bytes of memory for a value of %d, at most %d", way, used, len(value), limit)
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
	s := hostileSource(f)
	event := sampleEvent()
	f.Add(framed(f, 10, &event))
	for _, value := range hostile(f) {
		if len(value) < 1<<16 {
			f.Add(value)
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
