package markup

import (
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// Names with a meaning of their own in what JSON reads and writes.
const (
	listElement = "element" // of a list, as Moka documents it
	strayText   = "#text"   // text beside elements
)

// JSON writes a document as the JSON that Moka would have sent instead:
//
//   - an element with nothing but <element> in it is a list of these;
//   - one with elements is an object, with the names that named gives for theirs,
//     prefixes aside (nil leaves them as they are written); a name that comes
//     several times, in whatever case, has a list as its value;
//   - any other is a string, without the white space around it, since XML does
//     not tell numbers from texts;
//   - text beside elements is kept as "#text"; attributes have no place.
//
// The name of the root is not in it. Errors are those of the package.
func JSON(document []byte, named func(string) string) ([]byte, error) {
	s := NewScanner(document)
	var root *node
	var open []*node
	for {
		token, err := s.Next()
		if err != nil {
			return nil, err
		}
		switch token.Kind {
		case EOF:
			return root.append(make([]byte, 0, len(document))), nil
		case Start:
			n := &node{name: token.Name}
			if named != nil {
				n.name = named(token.Name)
			}
			if len(open) == 0 {
				root = n
			} else {
				last := open[len(open)-1]
				last.nodes = append(last.nodes, n)
			}
			open = append(open, n)
		case Text:
			last := open[len(open)-1]
			last.texts = append(last.texts, token.Text)
		case End:
			last := open[len(open)-1]
			last.text, last.texts = strings.TrimSpace(strings.Join(last.texts, "")), nil
			open = open[:len(open)-1]
		}
	}
}

// node is an element.
type node struct {
	name  string
	text  string
	texts []string // pieces of text, while it is open
	nodes []*node
}

func (n *node) append(dst []byte) []byte {
	switch {
	case len(n.nodes) == 0:
		return appendString(dst, n.text)
	case n.isList():
		return appendList(dst, n.nodes)
	}
	dst = append(dst, '{')
	for i, same := range n.byName() {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(appendString(dst, same[0].name), ':')
		if len(same) == 1 {
			dst = same[0].append(dst)
		} else {
			dst = appendList(dst, same)
		}
	}
	if n.text != "" {
		dst = append(appendString(append(dst, ','), strayText), ':')
		dst = appendString(dst, n.text)
	}
	return append(dst, '}')
}

func (n *node) isList() bool {
	for _, sub := range n.nodes {
		if !strings.EqualFold(sub.name, listElement) {
			return false
		}
	}
	return n.text == ""
}

// byName groups the elements of n by name, in the order of their first.
func (n *node) byName() [][]*node {
	groups := make([][]*node, 0, len(n.nodes))
	index := make(map[string]int, len(n.nodes))
	for _, sub := range n.nodes {
		folded := strings.ToLower(sub.name)
		i, ok := index[folded]
		if !ok {
			i = len(groups)
			index[folded] = i
			groups = append(groups, nil)
		}
		groups[i] = append(groups[i], sub)
	}
	return groups
}

func appendList(dst []byte, nodes []*node) []byte {
	dst = append(dst, '[')
	for i, n := range nodes {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = n.append(dst)
	}
	return append(dst, ']')
}

// appendString appends a JSON string. The error is of invalid UTF-8 alone, which
// is replaced.
func appendString(dst []byte, s string) []byte {
	dst, _ = jsontext.AppendQuote(dst, s)
	return dst
}
