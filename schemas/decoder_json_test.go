package schemas_test

import (
	"encoding/json"
	"math"
	"math/big"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/avro"

	"github.com/mokafka/mokafka/schemas"
	"github.com/mokafka/mokafka/schemas/schemastest"
)

func TestJSONOfAnEvent(t *testing.T) {
	r := registryAt(t, serve(t, schemastest.New()))
	id, err := r.Register(t.Context(), embedded(t), "moka.offers.v1-value", "OfferEvent")
	if err != nil {
		t.Fatal(err)
	}
	event := sampleEvent()
	got, name, err := decoder(t, r).JSON(t.Context(), framed(t, id, &event))
	if err != nil || name != "com.moka.OfferEvent" {
		t.Fatalf("%q %v", name, err)
	}
	const want = `{"event_id":"e","type":"SENT","op":"UPDATE","org_id":"demo","application_id":7,"candidate_id":null,` +
		`"occurred_at":null,"observed_at":"2026-01-02T03:04:05.006Z","version":3,` +
		`"source":{"channel":"WEBHOOK","endpoint":"webhook/rest","journal_partition":0,"journal_offset":0,` +
		`"mapper_revision":1,"webhook_id":null,"command_id":null,"operator":null},"changed_fields":["salary_amount"],"before":null,` +
		`"after":{"org_id":"demo","application_id":7,"candidate_id":null,"status":"SENT","approval_status":null,` +
		`"salary_amount":"8000.5000","salary_type":null,"start_date":"2018-05-03","location":null,"duty_level":null,"rank":null,` +
		`"department":null,"headcount":null,"author":null,"created_at":null,"accepted_at":null,"last_sent_at":"2026-01-02T03:04:05.006Z",` +
		`"sendings":[],"custom_fields":[{"name":"职级","section":null,"index":null,"type":null,"custom_field_id":null,"builtin_info_id":null,` +
		`"value":"P6","value_json":"\"P6\"","now":null,"code":null,"codes":[]}],"attachments":[],"document_url":null,"extra":{"a.b":"1"}}}`
	if d := cmp.Diff(want, string(got)); d != "" {
		t.Fatalf("(-want +got):\n%s\n%s", d, got)
	}
}

func TestJSONOfEveryType(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 678912345, time.FixedZone("", 8*3600))
	cases := map[string]struct {
		schema string
		value  any
		want   string
	}{
		"null":              {`"null"`, nil, `null`},
		"boolean":           {`"boolean"`, true, `true`},
		"long":              {`"long"`, int64(math.MaxInt64), `9223372036854775807`},
		"float":             {`"float"`, float32(0.1), `0.1`},
		"NaN":               {`"double"`, math.NaN(), `"NaN"`},
		"infinite":          {`"double"`, math.Inf(-1), `"-Infinity"`},
		"text":              {`"string"`, "<姓名>\n\"", `"<姓名>\n\""`},
		"text that is none": {`"string"`, "a\xffb", `"a�b"`},
		"UTF-8 bytes":       {`"bytes"`, []byte(`{"a":1}`), `"{\"a\":1}"`},
		"other bytes":       {`"bytes"`, []byte{0xff, 0}, `{"base64":"/wA="}`},
		"fixed":             {`{"type":"fixed","name":"F","size":2}`, []byte("ab"), `"ab"`},
		"enum":              {enum("E", unknown, "UNKNOWN", "A"), "A", `"A"`},
		"decimal":           {decimal4, big.NewRat(-15, 10), `"-1.5000"`},
		"big decimal":       {`{"type":"bytes","logicalType":"big-decimal"}`, big.NewRat(-15, 10), `"-1.5"`},
		"millis":            {millis, at, `"2026-01-01T19:04:05.678Z"`},
		"whole millis":      {millis, time.Unix(0, 0), `"1970-01-01T00:00:00.000Z"`},
		"micros":            {micros, at, `"2026-01-01T19:04:05.678912Z"`},
		"nanos":             {`{"type":"long","logicalType":"timestamp-nanos"}`, at, `"2026-01-01T19:04:05.678912345Z"`},
		"local":             {`{"type":"long","logicalType":"local-timestamp-millis"}`, time.Unix(0, 0).UTC(), `"1970-01-01T00:00:00.000"`},
		"date":              {`{"type":"int","logicalType":"date"}`, time.Date(1999, 12, 31, 0, 0, 0, 0, time.UTC), `"1999-12-31"`},
		"time of day":       {`{"type":"int","logicalType":"time-millis"}`, 90*time.Minute + 5*time.Millisecond, `"01:30:00.005"`},
		"uuid": {
			`{"type":"fixed","name":"U","size":16,"logicalType":"uuid"}`, "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
			`"6ba7b810-9dad-11d1-80b4-00c04fd430c8"`,
		},
		"duration":           {`{"type":"fixed","name":"D","size":12,"logicalType":"duration"}`, avro.Duration{Months: 1, Days: 2, Milliseconds: 3}, `"P1M2DT0.003S"`},
		"unknown logical":    {`{"type":"string","logicalType":"moka-id"}`, "x", `"x"`},
		"map by key":         {`{"type":"map","values":"int"}`, map[string]any{"b": 1, "a": 2}, `{"a":2,"b":1}`},
		"union of scalars":   {`["null","string","long"]`, int64(5), `5`},
		"union of logicals":  {`["null",` + millis + `,{"type":"int","logicalType":"date"}]`, map[string]any{"int": int32(1)}, `"1970-01-02"`},
		"union in an array":  {`{"type":"array","items":["null",` + decimal2 + `]}`, []any{nil, big.NewRat(1, 4)}, `[null,"0.25"]`},
		"union with a map":   {`["null",{"type":"map","values":["null","int"]}]`, map[string]any{"map": map[string]any{"map": map[string]any{"int": 1}}}, `{"map":1}`},
		"union of records":   {`[` + record("A", field("x", `"int"`)) + `,` + record("B", field("x", `"int"`), field("y", `"int"`)) + `]`, map[string]any{"com.moka.B": map[string]any{"x": 1, "y": 2}}, `{"x":1,"y":2}`},
		"order of fields":    {record("R", field("z", `"int"`), field("a", `"int"`)), map[string]any{"a": 1, "z": 2}, `{"z":2,"a":1}`},
		"record of a record": {record("R", field("r", record("S", field("b", `"boolean"`))), field("again", `"com.moka.S"`)), map[string]any{"r": map[string]any{"b": true}, "again": map[string]any{"b": false}}, `{"r":{"b":true},"again":{"b":false}}`},
	}
	known := &source{schemas: map[int]schemas.RegisteredSchema{}}
	d := decoder(t, known)
	for name, c := range cases {
		id := len(known.schemas)
		known.schemas[id] = schemas.RegisteredSchema{Texts: []string{c.schema}}
		t.Run(name, func(t *testing.T) {
			s, err := avro.Parse(c.schema)
			if err != nil {
				t.Fatal(err)
			}
			value, err := s.AppendEncode(schemas.AppendHeader(nil, id), c.value)
			if err != nil {
				t.Fatal(err)
			}
			got, _, err := d.JSON(t.Context(), value)
			if err != nil || string(got) != c.want {
				t.Fatalf("got %s, %v\nwant %s", got, err, c.want)
			}
			if !json.Valid(got) {
				t.Error("that is not JSON")
			}
		})
	}
}

// A record of a newer mokafka, or of somebody else, is shown all the same.
func TestJSONOfForeignRecords(t *testing.T) {
	s := text(`{"type":"record","name":"Order","namespace":"shop","fields":[{"name":"n","type":"int"}]}`)
	got, name, err := decoder(t, s).JSON(t.Context(), append(schemas.AppendHeader(nil, 1), 8))
	if err != nil || name != "shop.Order" || string(got) != `{"n":4}` {
		t.Errorf("%s %s %v", name, got, err)
	}
}
