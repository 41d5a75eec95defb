package resources

import (
	"bytes"
	"strconv"

	"github.com/mokafka/mokafka/internal/mokasim/payload"
)

// member is one key of an object and its value.
type member struct {
	key   string
	value any
}

// object is a JSON object with its keys in the order written down, which is the
// documented samples'.
type object []member

// MarshalJSON writes the object as JSON.stringify does.
func (o object) MarshalJSON() ([]byte, error) {
	var buffer bytes.Buffer
	if err := o.write(&buffer); err != nil {
		return nil, err
	}
	return buffer.Bytes(), nil
}

func (o object) write(buffer *bytes.Buffer) error {
	buffer.WriteByte('{')
	for n, m := range o {
		if n > 0 {
			buffer.WriteByte(',')
		}
		buffer.WriteString(strconv.Quote(m.key)) // keys are plain ASCII
		buffer.WriteByte(':')
		if err := write(buffer, m.value); err != nil {
			return err
		}
	}
	buffer.WriteByte('}')
	return nil
}

// write spares objects within objects the way through encoding/json, which
// would copy them once for each level.
func write(buffer *bytes.Buffer, value any) error {
	switch value := value.(type) {
	case object:
		return value.write(buffer)
	case []object:
		buffer.WriteByte('[')
		for n, one := range value {
			if n > 0 {
				buffer.WriteByte(',')
			}
			if err := one.write(buffer); err != nil {
				return err
			}
		}
		buffer.WriteByte(']')
		return nil
	default:
		text, err := payload.Stringify(value)
		buffer.Write(text)
		return err
	}
}
