package event_test

import (
	"crypto/hmac"
	"encoding/hex"
	"testing"
	"time"

	"github.com/mokafka/mokafka/ingest/derive"
	"github.com/mokafka/mokafka/ingest/normalize"
	"github.com/mokafka/mokafka/ingest/webhook"
	"github.com/mokafka/mokafka/internal/bench/installation"
	"github.com/mokafka/mokafka/internal/bench/sample"
	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
)

// fixture is a push of a candidate who was pushed before, with another phone
// number now, at each of its steps.
type fixture struct {
	in           *installation.Installation
	body         []byte
	sign         []byte
	entry        *schemas.JournalEntry
	entryBytes   []byte
	decider      *derive.Decider
	origin       derive.Origin
	last         *schemas.CandidateState
	lastBytes    []byte
	observations []normalize.Observation
	outcome      derive.Outcome
}

func entryOf(p *sample.Pushes, serial int64) *schemas.JournalEntry {
	w := sample.Webhook{Serial: serial, Application: sample.FirstApplication, TriggeredAt: 1_700_000_000 + serial, Phone: 18_600_000_000 + serial}
	id, event, at := w.ID(), "pushCandidate", time.Unix(w.TriggeredAt, 0).UTC()
	return &schemas.JournalEntry{
		EntryID: "wh:" + id + ":" + publish.Root(installation.Org, w.Application), OrgID: installation.Org,
		Channel: schemas.ChannelWebhook, Endpoint: "webhook/rest", Event: &event, WebhookID: &id,
		ApplicationID: &w.Application, TriggeredAt: &at, ReceivedAt: at, ContentType: "application/json", Body: p.Body(w),
	}
}

func newFixture(t testing.TB) *fixture {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	in, err := installation.New(installation.Config{Broker: "127.0.0.1:1", Prefix: "bench", Log: t.Output()})
	must(err)
	pushes, err := sample.NewPushes()
	must(err)
	f := &fixture{in: in, entry: entryOf(pushes, 2)}
	f.body = f.entry.Body
	f.sign, err = hex.DecodeString(webhook.Sign(sample.SigningKey, f.body))
	must(err)
	f.entryBytes, err = in.Codec.Append(nil, f.entry)
	must(err)
	f.decider, err = derive.NewDecider(in.Codec.Bundle())
	must(err)

	first := entryOf(pushes, 1)
	observed, err := normalize.Entry(first, normalize.Options{})
	must(err)
	outcome, err := f.decider.Decide(nil, &observed[0], derive.Origin{Entry: first, Revision: normalize.Revision})
	must(err)
	f.last = outcome.State.(*schemas.CandidateState)
	f.lastBytes, err = in.Codec.Append(nil, f.last)
	must(err)

	f.observations, err = normalize.Entry(f.entry, normalize.Options{})
	must(err)
	f.origin = derive.Origin{Entry: f.entry, Offset: 1, Revision: normalize.Revision}
	f.outcome, err = f.decider.Decide(f.last, &f.observations[0], f.origin)
	must(err)
	if len(f.outcome.Events) != 1 {
		t.Fatalf("the push gave %d events", len(f.outcome.Events))
	}
	event, ok := f.outcome.Events[0].Value.(*schemas.CandidateEvent)
	if !ok || event.Before == nil || len(event.ChangedFields) != 1 {
		t.Fatalf("the push was to change the phone number, and gave %+v", f.outcome.Events[0].Value)
	}
	return f
}

// step measures one step.
func step(b *testing.B, do func(f *fixture) error) {
	b.Helper()
	f := newFixture(b)
	b.ReportAllocs()
	before := cpuTime()
	for b.Loop() {
		if err := do(f); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(cpuTime()-before)/float64(b.N), "cpu-ns/op")
}

// What the door does before it writes.

func BenchmarkVerify(b *testing.B) {
	step(b, func(f *fixture) error {
		got, err := hex.DecodeString(webhook.Sign(sample.SigningKey, f.body))
		if err != nil || !hmac.Equal(got, f.sign) {
			b.Fatal("the signature is wrong")
		}
		return nil
	})
}

func BenchmarkEnvelope(b *testing.B) {
	step(b, func(f *fixture) error {
		_, err := webhook.ReadEnvelope(f.body, nil)
		return err
	})
}

func BenchmarkEncodeJournal(b *testing.B) {
	step(b, func(f *fixture) error {
		_, err := f.in.Records.JournalEntry(f.entry)
		return err
	})
}

// What derive does between reading and writing.

func BenchmarkDecodeJournal(b *testing.B) {
	step(b, func(f *fixture) error { return f.in.Codec.Unmarshal(f.entryBytes, new(schemas.JournalEntry)) })
}

func BenchmarkNormalize(b *testing.B) {
	step(b, func(f *fixture) error {
		_, err := normalize.Entry(f.entry, normalize.Options{})
		return err
	})
}

func BenchmarkDecodeState(b *testing.B) {
	step(b, func(f *fixture) error { return f.in.Codec.Unmarshal(f.lastBytes, new(schemas.CandidateState)) })
}

func BenchmarkCompare(b *testing.B) {
	step(b, func(f *fixture) error {
		_, err := f.decider.Decide(f.last, &f.observations[0], f.origin)
		return err
	})
}

func BenchmarkEncodeEvent(b *testing.B) {
	step(b, func(f *fixture) error {
		_, err := f.in.Records.Event(f.outcome.Events[0].Value, "")
		return err
	})
}

func BenchmarkEncodeState(b *testing.B) {
	step(b, func(f *fixture) error {
		_, err := f.in.Records.State(publish.Candidates, 0, "key", f.outcome.State)
		return err
	})
}
