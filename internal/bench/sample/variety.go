package sample

import (
	"bytes"
	"math/rand/v2"
	"unicode/utf8"
)

// variants is how many different candidates there are. Batches of the same text
// over and over would compress to nothing and make Kafka look free.
const variants = 64

// free are members whose values are anybody's text: no code, date or word that a
// document closes the set of.
var free = [][]byte{
	[]byte("resumeUrl"), []byte("url"), []byte("interviewFeedbackUrl"), []byte("ehrCandidateExternalLink"),
	[]byte("portraitUrl"), []byte("officeweb365Url"), []byte("officeweb365PrintUrl"), []byte("jobDescription"),
	[]byte("location"), []byte("title"), []byte("resumeKey"), []byte("content"), []byte("lastCompany"),
	[]byte("jobId"), []byte("company"), []byte("departmentPath"), []byte("reasonForLeaving"),
	[]byte("projectDescript"), []byte("nativePlace"), []byte("email"), []byte("reason"), []byte("description"),
	[]byte("summary"), []byte("school"), []byte("speciality"), []byte("phone"), []byte("citizenId"),
}

// varied is compact JSON with other letters, digits and Han characters in the
// values of the free members, each as long as it was. The same seed gives the same.
func varied(text []byte, seed uint64) []byte {
	random := rand.New(rand.NewPCG(seed, 0))
	out := bytes.Clone(text)
	var name []byte
	for i := 0; i < len(out); {
		if out[i] != '"' {
			i++
			continue
		}
		literal, end := stringAt(out, i)
		switch {
		case end < len(out) && out[end] == ':':
			name = bytes.Clone(literal)
		case isFree(name) && bytes.IndexByte(literal, '\\') < 0:
			scramble(literal, random)
		}
		i = end
	}
	return out
}

// stringAt is the content of the JSON string that begins at i, and where the text
// goes on after it.
func stringAt(text []byte, i int) (content []byte, end int) {
	for end = i + 1; end < len(text) && text[end] != '"'; end++ {
		if text[end] == '\\' {
			end++
		}
	}
	return text[i+1 : min(end, len(text))], end + 1
}

func isFree(name []byte) bool {
	for _, f := range free {
		if bytes.Equal(f, name) {
			return true
		}
	}
	return false
}

// scramble replaces in place; the scheme of a link stays.
func scramble(value []byte, random *rand.Rand) {
	if i := bytes.Index(value, []byte("://")); i >= 0 {
		value = value[i+3:]
	}
	for i := 0; i < len(value); {
		r, size := utf8.DecodeRune(value[i:])
		switch {
		case '0' <= r && r <= '9':
			value[i] = byte('0' + random.IntN(10))
		case 'a' <= r && r <= 'z':
			value[i] = byte('a' + random.IntN(26))
		case 'A' <= r && r <= 'Z':
			value[i] = byte('A' + random.IntN(26))
		case 0x4E00 <= r && r <= 0x9FFF:
			utf8.EncodeRune(value[i:i+size], rune(0x4E00+random.IntN(0x2000)))
		}
		i += size
	}
}
