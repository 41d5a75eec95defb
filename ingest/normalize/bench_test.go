package normalize_test

import (
	"bytes"
	"encoding/json"
	"os"
	"testing"

	"github.com/mokafka/mokafka/ingest/normalize"
)

// BenchmarkPushCandidate is the documented webhook as it travels, 8 KB.
func BenchmarkPushCandidate(b *testing.B) {
	body, err := os.ReadFile("testdata/webhook_pushCandidate.json")
	if err != nil {
		b.Fatal(err)
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, body); err != nil {
		b.Fatal(err)
	}
	e := entry("pushCandidate", 12798, compact.Bytes())
	b.SetBytes(int64(compact.Len()))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := normalize.Entry(e, normalize.Options{}); err != nil {
			b.Fatal(err)
		}
	}
}
