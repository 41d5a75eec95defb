package schemas_test

import (
	"context"
	"encoding/binary"
	"errors"
	"math/big"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mokafka/mokafka/schemas"
	"github.com/mokafka/mokafka/schemas/avsc"
	"github.com/mokafka/mokafka/schemas/schemastest"
)

// source is a SchemaSource that is not a registry: schemas by id, or an error.
type source struct {
	mu       sync.Mutex
	schemas  map[int]schemas.RegisteredSchema
	err      error
	requests int
}

func (s *source) Fetch(_ context.Context, id int) (schemas.RegisteredSchema, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests++
	if s.err != nil {
		return schemas.RegisteredSchema{}, s.err
	}
	found, ok := s.schemas[id]
	if !ok {
		return found, &schemas.UnknownSchemaError{ID: id}
	}
	return found, nil
}

// fail makes Fetch answer with err from now on.
func (s *source) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = err
}

// complete is the schema of b called name, as a registry returns it.
func complete(tb testing.TB, b avsc.Bundle, name string) schemas.RegisteredSchema {
	tb.Helper()
	names, err := b.Ordered(name)
	if err != nil {
		tb.Fatal(err)
	}
	var s schemas.RegisteredSchema
	for _, n := range names {
		s.Texts = append(s.Texts, b[n])
	}
	return s
}

// text is a source of one schema, with the id 1.
func text(t string) *source {
	return &source{schemas: map[int]schemas.RegisteredSchema{1: {ID: 1, Texts: []string{t}}}}
}

func decoder(tb testing.TB, s schemas.SchemaSource, opts ...schemas.DecoderOption) *schemas.Decoder {
	tb.Helper()
	d, err := schemas.NewDecoder(s, opts...)
	if err != nil {
		tb.Fatal(err)
	}
	return d
}

// framed encodes a record of this build as the value of a topic.
func framed(tb testing.TB, id int, record any) []byte {
	tb.Helper()
	codec, err := schemas.NewCodec()
	if err != nil {
		tb.Fatal(err)
	}
	value, err := codec.Append(schemas.AppendHeader(nil, id), record)
	if err != nil {
		tb.Fatal(err)
	}
	return value
}

var sameRat = cmp.Comparer(func(x, y *big.Rat) bool {
	return (x == nil) == (y == nil) && (x == nil || x.Cmp(y) == 0)
})

func TestDecodeThroughARegistry(t *testing.T) {
	r := registryAt(t, serve(t, schemastest.New()))
	id, err := r.Register(t.Context(), embedded(t), "moka.offers.v1-value", "OfferEvent")
	if err != nil {
		t.Fatal(err)
	}
	want := sampleEvent()
	value := framed(t, id, &want)
	d := decoder(t, r)
	for range 2 {
		got, err := d.Decode(t.Context(), value)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(any(&want), got, sameRat); diff != "" {
			t.Fatalf("(-written +read):\n%s", diff)
		}
	}
	as, err := schemas.DecodeAs[schemas.OfferEvent](t.Context(), d, value)
	if err != nil || as.EventID != want.EventID {
		t.Fatalf("as its type: %+v %v", as, err)
	}
	if _, err := schemas.DecodeAs[schemas.CandidateEvent](t.Context(), d, value); !errors.Is(err, schemas.ErrUnknownRecord) {
		t.Errorf("as another type: %v", err)
	}
	type Stranger struct{}
	if _, err := schemas.DecodeAs[Stranger](t.Context(), d, value); err == nil {
		t.Error("decoded into a type that is not of this package")
	}
}

// Every record that is the value of a topic, which are those that no other refers
// to, has a type that Decode returns.
func TestDecodeKnowsEveryTopLevelRecord(t *testing.T) {
	bundle := embedded(t)
	used := map[string]bool{}
	for name := range bundle {
		refs, err := bundle.References(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, ref := range refs {
			used[ref] = true
		}
	}
	for name := range bundle {
		if used[name] {
			continue
		}
		d := decoder(t, &source{schemas: map[int]schemas.RegisteredSchema{1: complete(t, bundle, name)}})
		_, err := d.Decode(t.Context(), schemas.AppendHeader(nil, 1))
		if errors.Is(err, schemas.ErrUnknownRecord) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A newer mokafka has added a field and an enum symbol; an older one lacked a field.
func TestDecodeOtherVersions(t *testing.T) {
	newer, older := embedded(t), embedded(t)
	newer["Checkpoint"] = strings.Replace(newer["Checkpoint"], `"fields": [`,
		`"fields": [{"name": "added", "type": {"type": "map", "values": "string"}, "default": {}},`, 1)
	older["Checkpoint"] = strings.Replace(older["Checkpoint"],
		`{"name": "owner", "type": ["null", "string"], "default": null,
      "doc": "Worker that wrote it."},`, "", 1)
	for name, b := range map[string]avsc.Bundle{"newer": newer, "older": older} {
		if b["Checkpoint"] == embedded(t)["Checkpoint"] {
			t.Fatalf("the %s schema is not another", name)
		}
	}
	at := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	want := schemas.Checkpoint{OrgID: "demo", Feed: "f", Items: 3, SavedAt: at}

	mine := framed(t, 1, &want)
	added := append(schemas.AppendHeader(nil, 1), 2, 2, 'k', 2, 'v', 0) // a map with one entry
	added = append(added, mine[5:]...)
	// The owner, null, is the byte before saved_at.
	savedAt := len(mine) - len(binary.AppendVarint(nil, at.UnixMilli()))
	lacking := slices.Delete(mine, savedAt-1, savedAt)
	for name, c := range map[string]struct {
		writer avsc.Bundle
		value  []byte
	}{"newer": {newer, added}, "older": {older, lacking}} {
		t.Run(name, func(t *testing.T) {
			d := decoder(t, &source{schemas: map[int]schemas.RegisteredSchema{1: complete(t, c.writer, "Checkpoint")}})
			got, err := schemas.DecodeAs[schemas.Checkpoint](t.Context(), d, c.value)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(&want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestDecodeUnknownSymbols(t *testing.T) {
	newer := embedded(t)
	newer["WritebackOutcome"] = strings.Replace(newer["WritebackOutcome"], `"UNKNOWN",`, `"UNKNOWN", "POSTPONED",`, 1)
	d := decoder(t, &source{schemas: map[int]schemas.RegisteredSchema{1: complete(t, newer, "WritebackResult")}})
	value := framed(t, 1, &schemas.WritebackResult{Outcome: schemas.WritebackOutcomeUnknown, RequestedAt: time.Unix(0, 0).UTC()})
	// command_id, org_id, application_id and action are empty, each a zero byte.
	outcome := 5 + 4
	if value[outcome] != 0 {
		t.Fatalf("the outcome is not at %d of %x", outcome, value)
	}
	value[outcome] = 2 // symbol 1
	got, err := schemas.DecodeAs[schemas.WritebackResult](t.Context(), d, value)
	if err != nil || got.Outcome != schemas.WritebackOutcomeUnknown {
		t.Fatalf("got %+v, %v", got, err)
	}
}

func TestDecodeRefusals(t *testing.T) {
	event := sampleEvent()
	good := framed(t, 1, &event)
	const record = `{"type":"record","name":"N","namespace":"x","fields":[{"name":"a","type":"int"}]}`
	mine := &source{schemas: map[int]schemas.RegisteredSchema{1: complete(t, embedded(t), "OfferEvent")}}
	for name, c := range map[string]struct {
		source *source
		value  []byte
		want   error
	}{
		"nothing":         {mine, nil, schemas.ErrNotFramed},
		"header cut":      {mine, good[:4], schemas.ErrNotFramed},
		"no magic byte":   {mine, append([]byte{1}, good[1:]...), schemas.ErrNotFramed},
		"JSON":            {mine, []byte(`{"a":1}`), schemas.ErrNotFramed},
		"unknown id":      {mine, schemas.AppendHeader(nil, 2), schemas.ErrUnknownSchema},
		"truncated":       {mine, good[:len(good)-1], schemas.ErrTruncated},
		"left over":       {mine, append(good[:len(good):len(good)], 0), schemas.ErrTrailingBytes},
		"no such branch":  {mine, append(schemas.AppendHeader(nil, 1), 0, 2, 2, 0, 2, 6), schemas.ErrMalformed},
		"endless number":  {mine, append(schemas.AppendHeader(nil, 1), 0, 2, 2, 0, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255), schemas.ErrMalformed},
		"too large":       {mine, append(schemas.AppendHeader(nil, 1), make([]byte, schemas.MaxValue)...), schemas.ErrTooLarge},
		"foreign record":  {text(record), append(schemas.AppendHeader(nil, 1), 2), schemas.ErrUnknownRecord},
		"no record":       {text(`"string"`), append(schemas.AppendHeader(nil, 1), 0), schemas.ErrUnknownRecord},
		"not a schema":    {text(`{"type":"rec`), append(schemas.AppendHeader(nil, 1), 0), schemas.ErrUnusableSchema},
		"no text":         {&source{schemas: map[int]schemas.RegisteredSchema{1: {}}}, append(schemas.AppendHeader(nil, 1), 0), schemas.ErrUnusableSchema},
		"of another kind": {text(`{"type":"record","name":"OfferEvent","namespace":"com.moka","fields":[]}`), schemas.AppendHeader(nil, 1), schemas.ErrUnusableSchema},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := decoder(t, c.source).Decode(t.Context(), c.value)
			if !errors.Is(err, c.want) || got != nil {
				t.Fatalf("got %v, %v; want %v", got, err, c.want)
			}
			if errors.Is(err, schemas.ErrRegistryUnavailable) {
				t.Error("it looks as if the registry were at fault")
			}
		})
	}
}

func TestEveryPrefixIsRefused(t *testing.T) {
	event := sampleEvent()
	value := framed(t, 1, &event)
	d := decoder(t, &source{schemas: map[int]schemas.RegisteredSchema{1: complete(t, embedded(t), "OfferEvent")}})
	for n := 5; n < len(value); n++ {
		if _, err := d.Decode(t.Context(), value[:n]); !errors.Is(err, schemas.ErrTruncated) {
			t.Fatalf("the first %d of %d bytes: %v", n, len(value), err)
		}
	}
}

// An id that does not exist is asked for once, and again after a while.
func TestUnknownIDsAreRemembered(t *testing.T) {
	now := time.Unix(0, 0)
	s := &source{}
	d := decoder(t, s, schemas.WithDecoderClock(func() time.Time { return now }))
	value := schemas.AppendHeader(nil, 7)
	for range 5 {
		var unknown *schemas.UnknownSchemaError
		if _, err := d.Decode(t.Context(), value); !errors.As(err, &unknown) || unknown.ID != 7 {
			t.Fatal(err)
		}
	}
	if s.requests != 1 {
		t.Errorf("%d requests at first", s.requests)
	}
	now = now.Add(time.Minute)
	if _, err := d.Decode(t.Context(), value); !errors.Is(err, schemas.ErrUnknownSchema) || s.requests != 2 {
		t.Errorf("a minute later: %v, %d requests", err, s.requests)
	}
}

// That the registry is down says nothing about the id, and is over when it is up.
func TestAnOutageIsNotRemembered(t *testing.T) {
	s := &source{
		schemas: map[int]schemas.RegisteredSchema{1: complete(t, embedded(t), "OfferEvent")},
		err:     &schemas.RegistryError{Op: "fetch", Message: "down"},
	}
	d := decoder(t, s)
	event := sampleEvent()
	value := framed(t, 1, &event)
	if _, err := d.Decode(t.Context(), value); !errors.Is(err, schemas.ErrRegistryUnavailable) {
		t.Fatal(err)
	}
	s.fail(nil)
	if _, err := d.Decode(t.Context(), value); err != nil {
		t.Fatal(err)
	}
	s.fail(errors.New("never asked again"))
	if _, err := d.Decode(t.Context(), value); err != nil {
		t.Fatal(err)
	}
}

// blocking answers once it is let go.
type blocking struct {
	*source
	asked    chan struct{}
	letGo    chan struct{}
	requests atomic.Int64
}

func (b *blocking) Fetch(ctx context.Context, id int) (schemas.RegisteredSchema, error) {
	if b.requests.Add(1) == 1 {
		close(b.asked)
	}
	select {
	case <-b.letGo:
	case <-ctx.Done():
		return schemas.RegisteredSchema{}, ctx.Err()
	}
	return b.source.Fetch(ctx, id)
}

// A caller who gives up takes nobody with him, and nobody asks twice.
func TestOneRequestForMany(t *testing.T) {
	b := &blocking{
		source: &source{schemas: map[int]schemas.RegisteredSchema{1: complete(t, embedded(t), "OfferEvent")}},
		asked:  make(chan struct{}), letGo: make(chan struct{}),
	}
	d := decoder(t, b)
	event := sampleEvent()
	value := framed(t, 1, &event)

	hasty, giveUp := context.WithCancel(t.Context())
	first := make(chan error, 1)
	go func() {
		_, err := d.Decode(hasty, value)
		first <- err
	}()
	<-b.asked
	giveUp()
	if err := <-first; !errors.Is(err, context.Canceled) {
		t.Fatalf("the hasty one: %v", err)
	}
	errs := make(chan error, 8)
	for range cap(errs) {
		go func() {
			_, err := d.Decode(t.Context(), value)
			errs <- err
		}()
	}
	close(b.letGo)
	for range cap(errs) {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	if n := b.requests.Load(); n != 1 {
		t.Errorf("%d requests", n)
	}
}
