package markup

import (
	"bytes"
	"strconv"
	"strings"
	"unicode/utf8"
)

// resolve is character data with its references resolved.
func resolve(raw []byte) (string, error) {
	if !fit(raw) {
		return "", ErrMalformed
	}
	text := lines(string(raw))
	if strings.IndexByte(text, '&') < 0 {
		return text, nil
	}
	var out strings.Builder
	out.Grow(len(text))
	for {
		before, after, found := strings.Cut(text, "&")
		out.WriteString(before)
		if !found {
			return out.String(), nil
		}
		r, n := reference(after)
		if n == 0 {
			r = '&' // it stands for itself
		}
		out.WriteRune(r)
		text = after[n:]
	}
}

// maxReference is longer than any reference that XML has without a declaration.
const maxReference = 12

// reference reads what follows an &, up to the semicolon; n is 0 where that is
// no reference.
func reference(text string) (r rune, n int) {
	end := strings.IndexByte(text[:min(len(text), maxReference)], ';')
	if end < 1 {
		return 0, 0
	}
	switch name := text[:end]; {
	case name == "lt":
		r = '<'
	case name == "gt":
		r = '>'
	case name == "amp":
		r = '&'
	case name == "quot":
		r = '"'
	case name == "apos":
		r = '\''
	case name[0] == '#':
		digits, base := name[1:], 10
		if strings.HasPrefix(digits, "x") {
			digits, base = digits[1:], 16
		}
		code, err := strconv.ParseUint(digits, base, 21)
		if err != nil || !permitted(rune(code)) {
			return 0, 0
		}
		r = rune(code)
	default:
		return 0, 0
	}
	return r, end + 1
}

// permitted tells whether XML 1.0 allows the character.
func permitted(r rune) bool {
	switch r {
	case '\t', '\n', '\r':
		return true
	default:
		return r >= ' ' && utf8.ValidRune(r) && r != 0xfffe && r != 0xffff
	}
}

// fit tells whether text is free of control characters.
func fit(text []byte) bool {
	return !bytes.ContainsFunc(text, func(r rune) bool { return r < ' ' && r != '\t' && r != '\n' && r != '\r' })
}

// lines gives all line ends the form of XML.
func lines(text string) string {
	if strings.IndexByte(text, '\r') < 0 {
		return text
	}
	return strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
}
