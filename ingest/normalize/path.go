package normalize

import (
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/mokafka/mokafka/schemas"
)

// path is where the reader stands, in Moka's names.
type path []step

// step is a key, or the index of an element of a list.
type step struct {
	key   bool
	name  string
	index int
}

// anyElement stands for the index of an element that is an entity of its own.
const anyElement = -1

func (r *reader) enter(name string)  { r.path = append(r.path, step{key: true, name: name}) }
func (r *reader) enterElement(i int) { r.path = append(r.path, step{index: i}) }
func (r *reader) leave()             { r.path = r.path[:len(r.path)-1] }

func (p path) String() string {
	var b strings.Builder
	for _, s := range p {
		s.write(&b)
	}
	return b.String()
}

func (s step) write(b *strings.Builder) {
	switch {
	case !s.key && s.index == anyElement:
		b.WriteString("[]")
	case !s.key:
		b.WriteByte('[')
		b.WriteString(strconv.Itoa(s.index))
		b.WriteByte(']')
	case s.name == "" || strings.ContainsAny(s.name, `.[]"`):
		quoted, _ := jsontext.AppendQuote(nil, schemas.ValidText(s.name)) // valid text has no error
		b.WriteByte('[')
		b.Write(quoted)
		b.WriteByte(']')
	default:
		if b.Len() > 0 {
			b.WriteByte('.')
		}
		b.WriteString(schemas.ValidText(s.name))
	}
}
