package moka

import "strings"

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
		err := w.all(func(name string, v raw) { a.member(strings.ToLower(name), v, texts) })
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

func (a *answer) member(name string, v raw, texts map[string]string) {
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
		a.next = ""
		if v.kind() == '"' || v.kind() == '0' {
			a.next = v.text()
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
func trimSpace(body []byte) []byte {
	from, to := 0, len(body)
	for from < to && isSpace(body[from]) {
		from++
	}
	for from < to && isSpace(body[to-1]) {
		to--
	}
	return body[from:to]
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }

// faultless reports whether neither a code nor success speaks of a failure.
func (a answer) faultless() bool {
	return (a.code == "" || a.code == "0" || a.code == "200") && (a.success == nil || *a.success)
}
