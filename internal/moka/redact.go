package moka

import (
	"regexp"
	"strings"
	"unicode"
)

// Texts of Moka's and of the network may quote what people or servers typed.
var (
	links  = regexp.MustCompile(`(?i)https?://\S+`)
	emails = regexp.MustCompile(`[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+`)
	// Telephone numbers, identity cards, bank cards; ids of Moka's are shorter.
	numbers = regexp.MustCompile(`\+?\d([ -]?\d){10,}[Xx]?`)
	// Passports and permits for travel.
	papers = regexp.MustCompile(`\b[A-Za-z]{1,2}\d{7,9}\b`)
	// Keys, tokens, signatures.
	tokens = regexp.MustCompile(`[A-Za-z0-9_+/=-]{24,}`)
)

// longestText is how much of a text errors keep, in characters; longestLook is
// how much is looked at for it, in bytes.
const (
	longestText = 200
	longestLook = 8 << 10
)

// redact keeps of a text what may be logged: without what looks like a link, an
// address, a number of a person's or a key, on one line, shortened. A name it
// cannot tell from other words.
func redact(text string) string {
	if text == "" {
		return ""
	}
	text = text[:min(len(text), longestLook)]
	text = links.ReplaceAllString(text, "[link]")
	text = emails.ReplaceAllString(text, "[email]")
	text = tokens.ReplaceAllString(text, "[token]")
	text = numbers.ReplaceAllString(text, "[number]")
	text = papers.ReplaceAllString(text, "[number]")
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == unicode.ReplacementChar {
			return ' '
		}
		return r
	}, text)
	text = strings.Join(strings.Fields(text), " ")
	if runes := []rune(text); len(runes) > longestText {
		text = string(runes[:longestText]) + "…"
	}
	return text
}

// What net/http and crypto/tls quote of a server that does not speak HTTP.
var (
	quoted    = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)
	malformed = regexp.MustCompile(`(malformed (?:MIME|HTTP)[a-zA-Z ]*).*`)
)

// cause is a failure of the network, with a text that may be logged.
type cause struct {
	text string
	err  error
}

func causeOf(err error) error {
	text := quoted.ReplaceAllString(err.Error(), `"…"`)
	return cause{text: redact(malformed.ReplaceAllString(text, "$1")), err: err}
}

func (c cause) Error() string { return c.text }

func (c cause) Unwrap() error { return c.err }
