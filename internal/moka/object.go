package moka

import (
	"errors"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// object builds the JSON object of a request's body, members in the order of
// their adding. The zero value is {}.
type object struct{ members []byte }

func (o *object) raw(name string, value []byte) {
	if len(o.members) > 0 {
		o.members = append(o.members, ',')
	}
	o.members = quote(o.members, name)
	o.members = append(o.members, ':')
	o.members = append(o.members, value...)
}

func (o *object) text(name, value string) { o.raw(name, quote(nil, value)) }

func (o *object) number(name string, value int64) { o.raw(name, strconv.AppendInt(nil, value, 10)) }

func (o *object) ids(name string, ids []int64) { o.raw(name, []byte("["+joinIDs(ids)+"]")) }

func (o *object) bytes() []byte { return []byte("{" + string(o.members) + "}") }

// optional adds a text that is not empty.
func (o *object) optional(name, value string) {
	if value != "" {
		o.text(name, value)
	}
}

// add takes the members of the JSON object in text, but for those whose names,
// whatever their case, are reserved.
func (o *object) add(text []byte, reserved ...string) error {
	v := raw(strings.TrimSpace(string(text)))
	if v.kind() != '{' || !jsontext.Value(v).IsValid() {
		return errors.New("fields is not the text of a JSON object, each name once and in UTF-8")
	}
	var taken string
	err := walk(v).all(func(name string, value raw) {
		for _, r := range reserved {
			if strings.EqualFold(name, r) {
				taken = r
			}
		}
		o.raw(name, value)
	})
	if taken != "" {
		return errors.New(taken + " may not be among the fields")
	}
	return err
}

// quote appends a JSON string; what is not UTF-8 becomes U+FFFD.
func quote(dst []byte, text string) []byte {
	dst, _ = jsontext.AppendQuote(dst, text) // its error speaks of that UTF-8
	return dst
}

func joinIDs(ids []int64) string {
	var b []byte
	for i, id := range ids {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, id, 10)
	}
	return string(b)
}
