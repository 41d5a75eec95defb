package schemas_test

import (
	"math/big"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mokafka/mokafka/schemas"
)

func ptr[T any](v T) *T { return &v }

// sampleEvent has one of everything that is awkward to encode.
func sampleEvent() schemas.OfferEvent {
	at := time.Date(2026, 1, 2, 3, 4, 5, 6e6, time.UTC)
	return schemas.OfferEvent{
		EventID: "e", Type: schemas.OfferEventTypeSent, Op: schemas.OperationUpdate,
		OrgID: "demo", ApplicationID: 7, ObservedAt: at, Version: 3,
		Source:        schemas.EventSource{Channel: schemas.ChannelWebhook, Endpoint: "webhook/rest", MapperRevision: 1},
		ChangedFields: []string{"salary_amount"},
		After: &schemas.Offer{
			OrgID: "demo", ApplicationID: 7,
			Status:       ptr(schemas.OfferStatusSent),
			SalaryAmount: big.NewRat(80005, 10),
			StartDate:    ptr(time.Date(2018, 5, 3, 0, 0, 0, 0, time.UTC)),
			LastSentAt:   &at,
			CustomFields: []schemas.CustomField{{Name: ptr("职级"), Value: ptr("P6"), ValueJSON: ptr(`"P6"`), Codes: []string{}}},
			Sendings:     []schemas.OfferSending{},
			Attachments:  []schemas.OfferAttachment{},
			Extra:        map[string]string{"a.b": "1"},
		},
	}
}

func TestCodecRoundTrip(t *testing.T) {
	codec, err := schemas.NewCodec()
	if err != nil {
		t.Fatal(err)
	}
	in := sampleEvent()
	b, err := codec.Append(nil, &in)
	if err != nil {
		t.Fatal(err)
	}
	var out schemas.OfferEvent
	if err := codec.Unmarshal(b, &out); err != nil {
		t.Fatal(err)
	}
	rat := cmp.Comparer(func(x, y *big.Rat) bool { return (x == nil) == (y == nil) && (x == nil || x.Cmp(y) == 0) })
	if d := cmp.Diff(in, out, rat); d != "" {
		t.Fatalf("what was read is not what was written (-written +read):\n%s", d)
	}
}

func TestCodecRefusesEveryPrefixAndLeftovers(t *testing.T) {
	codec, err := schemas.NewCodec()
	if err != nil {
		t.Fatal(err)
	}
	in := sampleEvent()
	b, err := codec.Append(nil, &in)
	if err != nil {
		t.Fatal(err)
	}
	for n := range b {
		if err := codec.Unmarshal(b[:n], &schemas.OfferEvent{}); err == nil {
			t.Fatalf("the first %d of %d bytes were taken for a whole record", n, len(b))
		}
	}
	if err := codec.Unmarshal(append(b, 0), &schemas.OfferEvent{}); err == nil {
		t.Fatal("a left-over byte was not noticed")
	}
}
