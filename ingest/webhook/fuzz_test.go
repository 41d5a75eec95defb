package webhook_test

import (
	"bytes"
	"math/rand/v2"
	"net/http"
	"testing"

	"github.com/mokafka/mokafka/ingest/webhook"
)

// check sends a body signed with the right key: whatever it is, the door says
// what became of it and nothing gets lost on the way.
func check(t testing.TB, h *house, body []byte) int {
	t.Helper()
	w := h.push(body)
	entries, letters := h.journal.take(), h.letters.take()
	switch w.Code {
	case http.StatusOK:
		if len(entries) == 0 || len(letters) != 0 {
			t.Fatalf("accepted with %d entries and %d dead letters: %q", len(entries), len(letters), body)
		}
	case http.StatusUnprocessableEntity:
		if len(entries) != 0 || len(letters) != 1 || !bytes.Equal(letters[0].Body, body) {
			t.Fatalf("unreadable with %d entries and %d dead letters: %q", len(entries), len(letters), body)
		}
	default:
		t.Fatalf("status %d: %q", w.Code, body)
	}
	wantAnswer(t, w, w.Code)
	return w.Code
}

func seeds(t testing.TB) [][]byte {
	t.Helper()
	return [][]byte{
		pushSample(t), interviewSample(t),
		sample(t, "webhook_pushCandidate.json"), sample(t, "webhook_createInterviewsInfo.json"),
		encrypted(t, pushSample(t)), encrypted(t, interviewSample(t)),
		[]byte(`{"id":1,"event":"other","triggeredAt":"2020-01-01 00:00:00","data":"pong"}`),
	}
}

// FuzzHandler: no body signed with the right key panics or gives a 5xx.
func FuzzHandler(f *testing.F) {
	for _, seed := range seeds(f) {
		f.Add(seed)
	}
	f.Add([]byte{})
	h := open(f, encrypting...)
	f.Fuzz(func(t *testing.T, body []byte) { check(t, h, body) })
}

// TestMutatedBodies is 10,000 inputs of FuzzHandler that every test run makes,
// always the same.
func TestMutatedBodies(t *testing.T) {
	const inputs = 10_000
	h := open(t, encrypting...)
	random := rand.New(rand.NewPCG(1, 2))
	corpus := seeds(t)
	tally := map[int]int{}
	for range inputs {
		body := bytes.Clone(corpus[random.IntN(len(corpus))])
		for range 1 + random.IntN(4) {
			body = mutate(random, body, corpus)
		}
		tally[check(t, h, body)]++
	}
	t.Logf("%d bodies: %v", inputs, tally)
	for _, code := range []int{http.StatusOK, http.StatusUnprocessableEntity} {
		if tally[code] < inputs/20 {
			t.Errorf("only %d of %d bodies gave %d: the mutations are one-sided", tally[code], inputs, code)
		}
	}
}

// mutate damages a body in one of the ways in which bodies get damaged, or in
// which Moka is inconsistent.
func mutate(r *rand.Rand, body []byte, corpus [][]byte) []byte {
	if len(body) == 0 {
		return body
	}
	i := r.IntN(len(body))
	j := i + r.IntN(min(len(body)-i, 64)+1)
	switch r.IntN(9) {
	case 0: // a bit
		body[i] ^= 1 << r.IntN(8)
	case 1: // any byte
		body[i] = byte(r.IntN(256))
	case 2: // a piece is missing
		body = append(body[:i], body[j:]...)
	case 3: // a piece comes twice
		body = append(bytes.Clone(body[:j]), body[i:]...)
	case 4: // it ends early
		body = body[:i]
	case 5: // a piece of another
		other := corpus[r.IntN(len(corpus))]
		k := r.IntN(len(other))
		body = append(append(bytes.Clone(body[:i]), other[k:min(k+64, len(other))]...), body[j:]...)
	case 6: // what means something to JSON
		marks := []string{`{`, `}`, `[`, `]`, `"`, `,`, `:`, `\`, `null`, `-`, `1e999`, `\ud800`, "\x00", "\xff", "\xef\xbb\xbf"}
		body = append(append(bytes.Clone(body[:i]), marks[r.IntN(len(marks))]...), body[i:]...)
	case 7: // another name for a key
		keys := []string{"id", "event", "triggeredAt", "data", "applicationId", "applicationIds", "interviews", "candidateId"}
		from, to := keys[r.IntN(len(keys))], keys[r.IntN(len(keys))]
		body = bytes.Replace(body, []byte(`"`+from+`"`), []byte(`"`+to+`"`), 1)
	case 8: // another type of value
		values := []string{`null`, `""`, `"x"`, `0`, `-1`, `1.5`, `[]`, `{}`, `"[1,2]"`, `[[1],{"a":2}]`, `true`, `18446744073709551616`}
		if at := bytes.IndexByte(body[i:], ':'); at >= 0 {
			body = append(append(bytes.Clone(body[:i+at+1]), values[r.IntN(len(values))]...), body[min(i+at+2+r.IntN(8), len(body)):]...)
		}
	}
	return body
}

// BenchmarkHandler is all that the door does for a push, the journal aside.
func BenchmarkHandler(b *testing.B) {
	for name, env := range map[string][]string{"clear": nil, "encrypted": encrypting} {
		b.Run(name, func(b *testing.B) {
			h, body := open(b, env...), pushSample(b)
			if env != nil {
				body = encrypted(b, body)
			}
			sign := webhook.Sign(testKey, body)
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				if w := h.post(body, sign); w.Code != http.StatusOK {
					b.Fatal(w.Code)
				}
				h.journal.take()
			}
		})
	}
}
