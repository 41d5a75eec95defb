package content

import (
	"regexp"
	"strings"
)

// of returns what of a text is content.
func (k textKind) of(text string) string {
	switch k {
	case link:
		return withoutQuery(text)
	case holder:
		return Unsigned(text)
	default:
		return text
	}
}

// Unsigned is a text without the queries of the signed links in it: two reads of
// one thing give the same, whatever it is.
func Unsigned(text string) string {
	if !strings.Contains(text, "://") {
		return text
	}
	return links.ReplaceAllStringFunc(text, func(found string) string {
		if bare, query, _ := strings.Cut(found, "?"); signature.MatchString(query) {
			return bare
		}
		return found
	})
}

func withoutQuery(link string) string {
	bare, _, _ := strings.Cut(link, "?")
	return bare
}

// links are the addresses with a query in any text, JSON among them.
var links = regexp.MustCompile(`https?://[^\s"'<>\\?]+\?[^\s"'<>\\]*`)

// signature tells queries that are signed anew at each read: Moka's files lie in
// object stores that name what they add so (seen: Expires, Signature, timestamp,
// access_token).
var signature = regexp.MustCompile(`(?i)(?:^|&|;)(?:[a-z-]*signature|expires|access_token|security-token|x-[a-z]+-(?:date|credential))=`)
