package moka

import (
	"bytes"
	"strings"
)

// answer is what Moka answered, taken apart as far as all endpoints have it in
// common.
type answer struct {
	body []byte
	// readable: the body is JSON.
	readable bool
	// list: it is a bare list, which is data then.
	list bool

	code    string // "" where there is none
	message string
	success *bool
	next    string

	data       raw
	hasData    bool
	headcount  raw
	headcounts raw
	id         raw
}

// parse takes a body apart. The error is errCutOff or errNotJSON; the answer has
// the body even then.
func parse(body []byte) (answer, error) {
	a := answer{body: body}
	w := walk(body)
	switch raw(trimSpace(body)).kind() {
	case '[':
		if err := w.all(func(string, raw) {}); err != nil {
			return a, err
		}
		a.list, a.data, a.hasData = true, trimSpace(body), true
	case '{':
		texts := map[string]string{}
		err := w.all(func(name string, v raw) { take(&a, texts, strings.ToLower(name), v) })
		if err != nil {
			return answer{body: body}, err
		}
		for _, name := range []string{"errormessage", "msg", "message", "error"} {
			if a.message = texts[name]; a.message != "" {
				break
			}
		}
	default:
		if len(trimSpace(body)) == 0 {
			return a, errCutOff
		}
		return a, errNotJSON
	}
	a.readable = true
	return a, nil
}

// take takes a member of the answer into it, or into the texts that may be its
// message.
func take(a *answer, texts map[string]string, name string, v raw) {
	switch name {
	case "code":
		a.code = v.text()
	case "errormessage", "msg", "message", "error":
		texts[name] = v.text()
	case "success":
		a.success = nil
		if yes, ok := v.boolean(); ok {
			a.success = &yes
		}
	case "next":
		switch a.next = ""; v.kind() {
		case '"':
			a.next = v.unquoted() // opaque: nothing is cut off
		case '0':
			a.next = string(v)
		default: // there is none
		}
	case "data":
		a.data, a.hasData = v, true
	case "headcount":
		a.headcount = v
	case "headcounts":
		a.headcounts = v
	case "id":
		a.id = v
	}
}

// trimSpace cuts JSON's white space off both ends.
func trimSpace(body []byte) []byte { return bytes.Trim(body, " \t\r\n") }

// faultless reports whether neither a code nor success speaks of a failure.
func (a answer) faultless() bool {
	return (a.code == "" || a.code == "0" || a.code == "200") && (a.success == nil || *a.success)
}
