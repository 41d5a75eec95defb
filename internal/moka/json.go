package moka

import (
	"bytes"
	"errors"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// raw is one JSON value exactly as sent; nil stands for none.
type raw []byte

// kind is one of n t f " 0 { [, or 0 for none.
func (v raw) kind() jsontext.Kind { return jsontext.Value(v).Kind() }

// none reports whether v says nothing: absent or null.
func (v raw) none() bool { return len(v) == 0 || v.kind() == 'n' }

// text returns a string's text without the space around it, or a number or
// boolean as sent; "" for anything else.
func (v raw) text() string {
	switch v.kind() {
	case '"':
		return strings.TrimSpace(v.unquoted())
	case '0', 't', 'f':
		return string(v)
	default:
		return ""
	}
}

// unquoted returns a string's text, with U+FFFD in place of what is not UTF-8.
func (v raw) unquoted() string {
	text, _ := jsontext.AppendUnquote(nil, v) // its error speaks of that UTF-8
	return string(text)
}

// integer reads a whole number, or the text of one; 0 for anything else.
func (v raw) integer() int64 {
	text := v.text()
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return n
	}
	const exact = 1 << 53
	if f, err := strconv.ParseFloat(text, 64); err == nil && f == math.Trunc(f) && math.Abs(f) < exact {
		return int64(f)
	}
	return 0
}

// id reads a positive id; 0 for anything else.
func (v raw) id() int64 { return max(0, v.integer()) }

// boolean reads true, 1 and their texts as true, false, 0 and theirs as false.
func (v raw) boolean() (value, ok bool) {
	switch strings.ToLower(v.text()) {
	case "true", "1":
		return true, true
	case "false", "0":
		return false, true
	default:
		return false, false
	}
}

// errCutOff is a document that ends before its end.
var errCutOff = errors.New("the JSON is cut off")

// errNotJSON is anything else that is not JSON. What stands there instead is not
// repeated: it could be anybody's data.
var errNotJSON = errors.New("this is not JSON")

func unreadable(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return errCutOff
	}
	return errNotJSON
}

// walker steps through a document whose bytes it can point at.
type walker struct {
	dec  *jsontext.Decoder
	text []byte
}

func walk(text []byte) walker {
	return walker{text: text, dec: jsontext.NewDecoder(bytes.NewBuffer(text),
		jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))}
}

// value reads the next value, as a part of the document.
func (w walker) value() (raw, error) {
	v, err := w.dec.ReadValue()
	if err != nil {
		return nil, unreadable(err)
	}
	end := int(w.dec.InputOffset())
	return w.text[end-len(v) : end : end], nil
}

// all calls each for the members of an object or the elements of a list, then
// makes sure that nothing follows. name is "" for elements.
func (w walker) all(each func(name string, v raw)) error {
	open, err := w.dec.ReadToken()
	if err != nil {
		return unreadable(err)
	}
	named := open.Kind() == '{'
	for w.dec.PeekKind() > 0 && w.dec.PeekKind() != '}' && w.dec.PeekKind() != ']' {
		var name string
		if named {
			token, err := w.dec.ReadToken()
			if err != nil {
				return unreadable(err)
			}
			name = token.String()
		}
		v, err := w.value()
		if err != nil {
			return err
		}
		each(name, v)
	}
	if _, err := w.dec.ReadToken(); err != nil {
		return unreadable(err)
	}
	if _, err := w.dec.ReadToken(); !errors.Is(err, io.EOF) {
		return errNotJSON
	}
	return nil
}

// members calls each for every member of an object, the name in lower case; of a
// name given twice, whatever its case, the last counts. What is no object has no
// members.
func members(v raw, each func(name string, v raw)) error {
	if v.kind() != '{' {
		return nil
	}
	return walk(v).all(func(name string, v raw) { each(strings.ToLower(name), v) })
}

// elements calls each for every element of a list but null. A list may be given
// as the text of its JSON; a bare object is a list of one; null and "" are empty.
func elements(v raw, each func(v raw)) error {
	switch v.kind() {
	case '[':
		return walk(v).all(func(_ string, v raw) {
			if !v.none() {
				each(v)
			}
		})
	case '{':
		each(v)
	case '"':
		inner := raw(strings.TrimSpace(v.unquoted()))
		if len(inner) == 0 {
			return nil
		}
		switch inner.kind() {
		case '[':
			return elements(inner, each)
		case '{':
			if err := members(inner, func(string, raw) {}); err != nil {
				return err
			}
			each(inner)
		default:
			return errNotJSON
		}
	case 0, 'n':
	default:
		return errNotJSON
	}
	return nil
}
