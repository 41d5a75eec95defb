// Package markup reads the XML in which Moka's SOAP webhooks come: leniently
// where Moka is known to be careless, and not at all where XML is dangerous.
//
// Lenient: an & that begins no reference is an &, as in the links of Moka's own
// sample; so is a reference to an entity that XML does not have. Refused:
// document type declarations, and with them entities and external references;
// more than MaxDepth levels, MaxTokens tokens, MaxAttributes attributes of an
// element, or MaxName bytes of a name; control characters; tags that do not
// match. Comments and processing instructions are passed over.
//
// Text is taken to be UTF-8, whatever an XML declaration says: who calls has
// decoded it. Everything here is pure, and the memory it takes is in proportion
// to its input, by a small factor.
package markup

import "errors"

// The bounds. Moka's documented sample has 9 levels and 600 tokens.
const (
	MaxDepth      = 64
	MaxTokens     = 400_000
	MaxAttributes = 32
	MaxName       = 256
)

// Why text is refused. No error shows any of it.
var (
	ErrMalformed = errors.New("it is not well-formed XML")
	ErrDTD       = errors.New("it has a document type declaration, which is not taken")
	ErrTooDeep   = errors.New("its elements are nested too deeply")
	ErrTooMany   = errors.New("it has too many elements or attributes, or a name is too long")
)
