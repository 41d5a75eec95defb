package normalize

import (
	"bytes"
	"errors"
	"io"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/mokafka/mokafka/schemas"
)

// reader takes one body apart, front to back, in one pass. After the first
// error it yields nothing more; err tells which.
type reader struct {
	dec   *jsontext.Decoder
	text  string // what dec reads; texts of entities are cut from it
	clean bool   // text is valid UTF-8
	zone  *time.Location
	path  path
	// extra is what did not fit of the entity that is being read.
	extra   []misfit
	err     error
	scratch []byte

	strings  slab[string]
	longs    slab[int64]
	integers slab[int32]
	doubles  slab[float64]
	bools    slab[bool]
	times    slab[time.Time]
}

func newReader(body []byte, location *time.Location) *reader {
	r := &reader{zone: location}
	r.start(body, string(body))
	return r
}

// start makes r read body, which is text; body is not changed.
func (r *reader) start(body []byte, text string) {
	r.dec = jsontext.NewDecoder(bytes.NewBuffer(body),
		jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	r.text, r.clean = text, utf8.ValidString(text)
}

func (r *reader) fail(err error) {
	if r.err == nil {
		r.err = err
	}
}

func (r *reader) failHere() {
	r.fail(&Error{Class: Malformed, Offset: r.dec.InputOffset()})
}

// peek returns the kind of the next value: one of n t f " 0 { [, the end of the
// object or list it stands in, or 0 after an error.
func (r *reader) peek() jsontext.Kind {
	if r.err != nil {
		return 0
	}
	return r.dec.PeekKind()
}

// value reads a value of any kind, whole. After an error it is empty.
func (r *reader) value() value {
	if r.err != nil {
		return ""
	}
	raw, err := r.dec.ReadValue()
	if err != nil {
		r.failHere()
		return ""
	}
	end := int(r.dec.InputOffset())
	return value(r.text[end-len(raw) : end])
}

// token reads the bracket that opens or closes an object or list.
func (r *reader) token() {
	if r.err != nil {
		return
	}
	if _, err := r.dec.ReadToken(); err != nil {
		r.failHere()
	}
}

// more reports whether something comes before the closing bracket end.
func (r *reader) more(end jsontext.Kind) bool {
	switch r.peek() {
	case end:
		return false
	case 0:
		r.token() // a peek keeps its error for the next read
		r.failHere()
		return false
	default:
		return true
	}
}

// member returns the key of the next member of an object, false at its end.
func (r *reader) member() (string, bool) {
	if !r.more('}') {
		return "", false
	}
	key := r.value()
	if r.err != nil {
		return "", false
	}
	return r.string(key), true
}

// end fails when anything follows the value read last.
func (r *reader) end() {
	if r.err != nil {
		return
	}
	if _, err := r.dec.ReadToken(); !errors.Is(err, io.EOF) {
		r.failHere()
	}
}

// nested runs read over text, a whole and valid JSON value found in a string.
func (r *reader) nested(text string, read func()) {
	dec, outer, clean := r.dec, r.text, r.clean
	r.start([]byte(text), text)
	read()
	r.dec, r.text, r.clean = dec, outer, clean
}

// string returns the text of v, which is a JSON string.
func (r *reader) string(v value) string {
	if r.clean && v.verbatim() {
		return string(v[1 : len(v)-1])
	}
	// An error here names what AppendUnquote has replaced by U+FFFD.
	r.scratch, _ = jsontext.AppendUnquote(r.scratch[:0], v)
	return schemas.ValidText(string(r.scratch))
}

// json returns v in one form for all that mean the same: without white space,
// with as few escapes as can be, the keys of objects sorted.
func (r *reader) json(v value) string {
	if r.clean && v.kind() != '{' && v.kind() != '[' && v.verbatim() {
		return string(v)
	}
	out, err := jsontext.AppendFormat(nil, v,
		jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true), jsontext.ReorderRawObjects(true))
	if err != nil {
		return schemas.ValidText(string(v))
	}
	return schemas.ValidText(string(out))
}
