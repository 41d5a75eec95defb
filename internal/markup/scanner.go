package markup

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// Kind of a Token.
type Kind int

// The kinds. An empty-element tag gives a Start and an End. After the End of
// the root, and what may follow it, comes EOF.
const (
	EOF Kind = iota
	Start
	End
	Text
)

// Token is one piece of the text.
type Token struct {
	Kind Kind
	// Prefix and Name are those of an element: in soap:Body, soap and Body.
	Prefix, Name string
	// Attributes of a Start.
	Attributes []Attribute
	// Text of a Text: references resolved, line ends as \n.
	Text string
	// From and To are the token's place in what is scanned.
	From, To int
}

// Attribute of an element, its value with references resolved.
type Attribute struct{ Prefix, Name, Value string }

// Scanner takes XML apart, front to back. After an error it yields nothing but
// that error.
type Scanner struct {
	text   []byte
	at     int
	open   []string // names of the open elements, with their prefixes
	tokens int
	root   bool // the root has begun
	empty  bool // the last Start was of an empty-element tag: its End is due
	err    error
}

// NewScanner scans text, which it neither changes nor keeps beyond its own life.
func NewScanner(text []byte) *Scanner {
	return &Scanner{text: bytes.TrimPrefix(text, []byte("\ufeff"))}
}

// Depth is the number of open elements.
func (s *Scanner) Depth() int { return len(s.open) }

// Slice is the text between two places of tokens.
func (s *Scanner) Slice(from, to int) []byte { return s.text[from:to:to] }

// Next returns the next token. Errors are those of the package.
func (s *Scanner) Next() (Token, error) {
	if s.err != nil {
		return Token{}, s.err
	}
	token, err := s.next()
	if err == nil && token.Kind != EOF {
		if s.tokens++; s.tokens > MaxTokens {
			err = ErrTooMany
		}
	}
	if err != nil {
		s.err = err
		return Token{}, err
	}
	return token, nil
}

func (s *Scanner) next() (Token, error) {
	if s.empty {
		s.empty = false
		return s.pop(s.open[len(s.open)-1], s.at)
	}
	for s.at < len(s.text) {
		rest := s.text[s.at:]
		switch {
		case rest[0] != '<':
			if token, err := s.character(rest); err != nil || token.Kind == Text {
				return token, err
			}
		case has(rest, "<!--"):
			if err := s.skip("<!--", "-->"); err != nil {
				return Token{}, err
			}
		case has(rest, "<?"):
			if err := s.skip("<?", "?>"); err != nil {
				return Token{}, err
			}
		case has(rest, "<![CDATA["):
			return s.cdata()
		case has(rest, "<!"):
			return Token{}, ErrDTD
		case has(rest, "</"):
			return s.end()
		default:
			return s.start()
		}
	}
	if len(s.open) > 0 || !s.root {
		return Token{}, ErrMalformed
	}
	return Token{Kind: EOF, From: s.at, To: s.at}, nil
}

func has(text []byte, prefix string) bool {
	return len(text) >= len(prefix) && string(text[:len(prefix)]) == prefix
}

// skip passes over what stands between two marks.
func (s *Scanner) skip(begin, end string) error {
	if s.tokens++; s.tokens > MaxTokens {
		return ErrTooMany
	}
	n := bytes.Index(s.text[s.at+len(begin):], []byte(end))
	if n < 0 {
		return ErrMalformed
	}
	s.at += len(begin) + n + len(end)
	return nil
}

// character reads text up to the next tag. Outside the root there may be white
// space alone, which is no token.
func (s *Scanner) character(rest []byte) (Token, error) {
	n := bytes.IndexByte(rest, '<')
	if n < 0 {
		n = len(rest)
	}
	from := s.at
	s.at += n
	if len(s.open) == 0 {
		if len(bytes.Trim(rest[:n], space)) > 0 {
			return Token{}, ErrMalformed
		}
		return Token{}, nil
	}
	text, err := resolve(rest[:n])
	return Token{Kind: Text, Text: text, From: from, To: s.at}, err
}

func (s *Scanner) cdata() (Token, error) {
	from := s.at
	if err := s.skip("<![CDATA[", "]]>"); err != nil {
		return Token{}, err
	}
	raw := s.text[from+len("<![CDATA[") : s.at-len("]]>")]
	if len(s.open) == 0 || !fit(raw) {
		return Token{}, ErrMalformed
	}
	return Token{Kind: Text, Text: lines(string(raw)), From: from, To: s.at}, nil
}

func (s *Scanner) end() (Token, error) {
	from := s.at
	s.at += len("</")
	name, err := s.name()
	if err != nil {
		return Token{}, err
	}
	s.blank()
	if s.at == len(s.text) || s.text[s.at] != '>' || len(s.open) == 0 || s.open[len(s.open)-1] != name {
		return Token{}, ErrMalformed
	}
	s.at++
	return s.pop(name, from)
}

func (s *Scanner) pop(name string, from int) (Token, error) {
	s.open = s.open[:len(s.open)-1]
	prefix, local := split(name)
	return Token{Kind: End, Prefix: prefix, Name: local, From: from, To: s.at}, nil
}

func (s *Scanner) start() (Token, error) {
	token := Token{Kind: Start, From: s.at}
	s.at++
	if len(s.open) == 0 && s.root {
		return Token{}, ErrMalformed // a second root
	}
	name, err := s.name()
	if err != nil {
		return Token{}, err
	}
	s.root = true
	token.Prefix, token.Name = split(name)
	if s.open = append(s.open, name); len(s.open) > MaxDepth {
		return Token{}, ErrTooDeep
	}
	for {
		spaced := s.blank()
		rest := s.text[s.at:]
		switch {
		case has(rest, ">"):
			s.at++
		case has(rest, "/>"):
			s.at += len("/>")
			s.empty = true
		case !spaced:
			return Token{}, ErrMalformed
		default:
			attribute, err := s.attribute()
			if err != nil {
				return Token{}, err
			}
			if token.Attributes = append(token.Attributes, attribute); len(token.Attributes) > MaxAttributes {
				return Token{}, ErrTooMany
			}
			continue
		}
		token.To = s.at
		return token, nil
	}
}

func (s *Scanner) attribute() (Attribute, error) {
	name, err := s.name()
	if err != nil {
		return Attribute{}, err
	}
	s.blank()
	if s.at == len(s.text) || s.text[s.at] != '=' {
		return Attribute{}, ErrMalformed
	}
	s.at++
	s.blank()
	if s.at == len(s.text) || s.text[s.at] != '"' && s.text[s.at] != '\'' {
		return Attribute{}, ErrMalformed
	}
	quote := s.text[s.at]
	n := bytes.IndexByte(s.text[s.at+1:], quote)
	if n < 0 {
		return Attribute{}, ErrMalformed
	}
	raw := s.text[s.at+1 : s.at+1+n]
	s.at += n + len(`""`)
	if bytes.IndexByte(raw, '<') >= 0 {
		return Attribute{}, ErrMalformed
	}
	value, err := resolve(raw)
	prefix, local := split(name)
	return Attribute{prefix, local, value}, err
}

const space = " \t\r\n"

// blank passes over white space and tells whether there was any.
func (s *Scanner) blank() bool {
	from := s.at
	for s.at < len(s.text) && strings.IndexByte(space, s.text[s.at]) >= 0 {
		s.at++
	}
	return s.at > from
}

// name reads a name: more or less XML's, any letter beyond ASCII included.
func (s *Scanner) name() (string, error) {
	from := s.at
	for s.at < len(s.text) && nameByte(s.text[s.at], s.at == from) {
		s.at++
	}
	name := s.text[from:s.at]
	switch {
	case len(name) == 0, !utf8.Valid(name):
		return "", ErrMalformed
	case len(name) > MaxName:
		return "", ErrTooMany
	}
	return string(name), nil
}

func nameByte(b byte, first bool) bool {
	switch {
	case 'a' <= b && b <= 'z', 'A' <= b && b <= 'Z', b == '_', b == ':', b >= utf8.RuneSelf:
		return true
	default:
		return !first && ('0' <= b && b <= '9' || b == '-' || b == '.')
	}
}

func split(name string) (prefix, local string) {
	if prefix, local, ok := strings.Cut(name, ":"); ok {
		return prefix, local
	}
	return "", name
}
