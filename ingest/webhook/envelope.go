package webhook

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// What ReadEnvelope refuses.
var (
	ErrNotJSON   = errors.New("the body is not JSON")
	ErrNotObject = errors.New("the body is not a JSON object")
)

// Envelope is what the door has to know of a push. The rest is for those who
// read the journal.
type Envelope struct {
	// ID is Moka's id of the push, "" where it has none.
	ID string
	// Event is Moka's name of the event, "" where it has none.
	Event string
	// TriggeredAt is when it was triggered, zero where that is not said.
	TriggeredAt time.Time
	// Applications are the ids of the applications it speaks of, each once, in
	// the order of their first mention: data.applicationId, data.applicationIds,
	// data.interviews[].applicationIds. At most MaxApplications+1.
	Applications []int64
	// Candidate is data.candidateId, 0 where it has none.
	Candidate int64

	// direct are the applications of data itself, without those of interviews.
	direct []int64
	// cipherText is what stands in place of data where that is text that is not
	// empty, else nil; body[start:end] is its place, quotes included.
	cipherText []byte
	start, end int
}

// MaxApplications is how many applications one push may name. Moka documents no
// bound; each becomes a journal entry with all of the bytes.
const MaxApplications = 1000

// ReadEnvelope reads the body in one pass, and so proves all of it to be JSON.
// It reads leniently: keys in any case, names given twice (the last counts),
// invalid UTF-8, ids as numbers or text, a list of one as the bare value, a list
// as JSON text. What it cannot read as the thing it should be is taken as
// absent. A triggeredAt without a zone is in zone; nil is Beijing.
//
// The error is ErrNotJSON or ErrNotObject; it never shows content.
func ReadEnvelope(body []byte, zone *time.Location) (Envelope, error) {
	dec := lenientDecoder(body)
	if dec.PeekKind() != '{' {
		if _, err := dec.ReadValue(); err != nil || !ended(dec) {
			return Envelope{}, ErrNotJSON
		}
		return Envelope{}, ErrNotObject
	}
	var env Envelope
	err := eachMember(dec, func(name jsontext.Value) error {
		var folded [16]byte
		switch string(fold(folded[:0], name)) {
		case "id":
			return readScalar(dec, func(s scalar) { env.ID = s.text })
		case "event":
			return readScalar(dec, func(s scalar) { env.Event = s.text })
		case "triggeredat":
			return readScalar(dec, func(s scalar) { env.TriggeredAt = s.time(zone) })
		case "data":
			return env.readData(dec)
		default:
			_, err := dec.ReadValue()
			return err
		}
	})
	if err != nil || !ended(dec) {
		return Envelope{}, ErrNotJSON
	}
	return env, nil
}

// readOpened reads what stood in place of the encrypted data.
func (e *Envelope) readOpened(data []byte) error {
	dec := lenientDecoder(data)
	if err := e.readData(dec); err != nil || !ended(dec) {
		return ErrNotJSON
	}
	return nil
}

func (e *Envelope) readData(dec *jsontext.Decoder) error {
	e.Applications, e.direct, e.Candidate, e.cipherText = nil, nil, 0, nil
	switch dec.PeekKind() {
	case '{':
		ids, direct := idSet{}, idSet{}
		err := eachMember(dec, func(name jsontext.Value) error {
			var folded [16]byte
			switch string(fold(folded[:0], name)) {
			case "applicationid", "applicationids":
				here := idSet{}
				err := here.read(dec)
				for _, id := range here.list {
					ids.add(id)
					direct.add(id)
				}
				return err
			case "candidateid":
				return readScalar(dec, func(s scalar) { e.Candidate, _ = s.id() })
			case "interviews":
				return readInterviews(dec, &ids)
			default:
				_, err := dec.ReadValue()
				return err
			}
		})
		e.Applications, e.direct = ids.list, direct.list
		return err
	case '"':
		text, err := dec.ReadValue()
		if err != nil {
			return err
		}
		e.end = int(dec.InputOffset())
		e.start = e.end - len(text)
		if len(text) > len(`""`) {
			e.cipherText = slices.Clone(text[1 : len(text)-1])
		}
		return nil
	default:
		_, err := dec.ReadValue()
		return err
	}
}

// readInterviews reads the applications of a list of interviews, or of one.
func readInterviews(dec *jsontext.Decoder, ids *idSet) error {
	return eachElement(dec, func() error {
		if dec.PeekKind() != '{' {
			_, err := dec.ReadValue()
			return err
		}
		return eachMember(dec, func(name jsontext.Value) error {
			var folded [16]byte
			switch string(fold(folded[:0], name)) {
			case "applicationid", "applicationids":
				return ids.read(dec)
			default:
				_, err := dec.ReadValue()
				return err
			}
		})
	})
}

// splice returns body, which the envelope was read from, with data in place of
// its cipher text.
func (e *Envelope) splice(body, data []byte) []byte {
	return slices.Concat(body[:e.start], data, body[e.end:])
}

func lenientDecoder(text []byte) *jsontext.Decoder {
	return jsontext.NewDecoder(bytes.NewBuffer(text),
		jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
}

func ended(dec *jsontext.Decoder) bool {
	_, err := dec.ReadToken()
	return errors.Is(err, io.EOF)
}

// eachMember calls f for each name of the object that is next; f reads the value.
// The name is in quotes, and is f's until it reads on.
func eachMember(dec *jsontext.Decoder, f func(name jsontext.Value) error) error {
	if _, err := dec.ReadToken(); err != nil {
		return err
	}
	for dec.PeekKind() != '}' {
		name, err := dec.ReadValue()
		if err != nil {
			return err
		}
		if err := f(name); err != nil {
			return err
		}
	}
	_, err := dec.ReadToken()
	return err
}

// eachElement calls f for each element of the list that is next, or for the one
// value that stands there instead; f reads it.
func eachElement(dec *jsontext.Decoder, f func() error) error {
	if dec.PeekKind() != '[' {
		return f()
	}
	if _, err := dec.ReadToken(); err != nil {
		return err
	}
	for dec.PeekKind() != ']' {
		if err := f(); err != nil {
			return err
		}
	}
	_, err := dec.ReadToken()
	return err
}

// fold appends the name, given in quotes, in lower case: the spellings of a key
// that package normalize takes for the same, no more, so that the door files a
// push under what is read there. A name that does not fit dst's capacity is none
// we know: nil.
func fold(dst []byte, name jsontext.Value) []byte {
	text := []byte(name[1 : len(name)-1])
	if bytes.IndexByte(text, '\\') >= 0 {
		var err error
		if text, err = jsontext.AppendUnquote(nil, name); err != nil {
			return nil
		}
	}
	for _, b := range text {
		if len(dst) == cap(dst) {
			return nil
		}
		if 'A' <= b && b <= 'Z' {
			b += 'a' - 'A'
		}
		dst = append(dst, b)
	}
	return dst
}
