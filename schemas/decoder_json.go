package schemas

import (
	"context"
	"encoding/base64"
	"fmt"
	"maps"
	"math"
	"math/big"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/twmb/avro"
)

// JSON returns a value as JSON for people and scripts, and the full name of the
// record in it (that of the type, such as "string", when it is no record). It is
// read with the schema it was written with and no other, so it need not be a
// record of this build.
//
// Fields are in the order of the schema, null ones included, and the entries of
// maps by key. Unions are bare. Timestamps are RFC 3339 in UTC with milliseconds
// (microseconds or nanoseconds where the schema counts them), dates YYYY-MM-DD,
// times of day HH:MM:SS and a fraction; decimals are strings with all the digits
// of their scale. Bytes are a string where they are UTF-8, else an object with
// the one name base64. Numbers that are none are "NaN", "Infinity" and
// "-Infinity".
func (d *Decoder) JSON(ctx context.Context, value []byte) (text []byte, record string, err error) {
	w, payload, err := d.open(ctx, value)
	if err != nil {
		return nil, "", err
	}
	var v any
	rest, err := w.schema.Decode(payload, &v, avro.TaggedUnions())
	if err := w.judge(rest, err); err != nil {
		return nil, "", err
	}
	text, err = appendJSON(make([]byte, 0, 2*len(value)), w.shape, v)
	if err != nil {
		return nil, "", w.wrap(err)
	}
	return text, w.shape.tag(), nil
}

// appendJSON writes v, decoded with s and with unions tagged.
func appendJSON(dst []byte, s *shape, v any) ([]byte, error) {
	var err error
	switch v := v.(type) {
	case nil:
		return append(dst, "null"...), nil
	case map[string]any:
		return appendObject(dst, s, v)
	case []any:
		dst = append(dst, '[')
		for i, item := range v {
			if i > 0 {
				dst = append(dst, ',')
			}
			if dst, err = appendJSON(dst, s.items, item); err != nil {
				return nil, err
			}
		}
		return append(dst, ']'), nil
	}
	return appendScalar(dst, s, v)
}

func appendObject(dst []byte, s *shape, v map[string]any) ([]byte, error) {
	switch s.kind {
	case kindUnion:
		for _, branch := range s.branches {
			if inner, ok := v[branch.tag()]; ok {
				return appendJSON(dst, branch, inner)
			}
		}
		return nil, fmt.Errorf("%w: a union has another branch than its schema", ErrMalformed)
	case kindRecord:
		return appendMembers(dst, len(s.fields), func(i int) (string, *shape, any) {
			f := s.fields[i]
			return f.name, f.shape, v[f.name]
		})
	default:
		keys := slices.Sorted(maps.Keys(v))
		return appendMembers(dst, len(keys), func(i int) (string, *shape, any) {
			return keys[i], s.items, v[keys[i]]
		})
	}
}

func appendMembers(dst []byte, n int, member func(i int) (name string, s *shape, v any)) ([]byte, error) {
	dst = append(dst, '{')
	for i := range n {
		if i > 0 {
			dst = append(dst, ',')
		}
		name, s, v := member(i)
		dst = appendText(dst, name)
		dst = append(dst, ':')
		var err error
		if dst, err = appendJSON(dst, s, v); err != nil {
			return nil, err
		}
	}
	return append(dst, '}'), nil
}

func appendScalar(dst []byte, s *shape, v any) ([]byte, error) {
	switch v := v.(type) {
	case bool:
		return strconv.AppendBool(dst, v), nil
	case int32:
		return strconv.AppendInt(dst, int64(v), 10), nil
	case int64:
		return strconv.AppendInt(dst, v, 10), nil
	case float32:
		return appendFloat(dst, float64(v), 32), nil
	case float64:
		return appendFloat(dst, v, 64), nil
	case string:
		return appendText(dst, v), nil
	case []byte:
		return appendBytes(dst, v), nil
	case time.Time:
		return appendText(dst, v.UTC().Format(timeLayout(s.logical))), nil
	case time.Duration:
		return appendText(dst, time.Unix(0, int64(v)).UTC().Format("15:04:05.999999")), nil
	case *big.Rat:
		digits := s.scale
		if s.logical == "big-decimal" {
			digits, _ = v.FloatPrec()
		}
		return appendText(dst, v.FloatString(digits)), nil
	case [16]byte:
		return appendText(dst, fmt.Sprintf("%x-%x-%x-%x-%x", v[:4], v[4:6], v[6:8], v[8:10], v[10:])), nil
	case avro.Duration:
		return appendText(dst, v.String()), nil
	}
	return nil, fmt.Errorf("%w: %s %s has no JSON form", ErrUnusableSchema, s.avro, s.logical)
}

func timeLayout(logical string) string {
	switch logical {
	case "date":
		return time.DateOnly
	case "timestamp-micros":
		return "2006-01-02T15:04:05.000000Z07:00"
	case "timestamp-nanos":
		return "2006-01-02T15:04:05.000000000Z07:00"
	case "local-timestamp-millis":
		return "2006-01-02T15:04:05.000"
	case "local-timestamp-micros":
		return "2006-01-02T15:04:05.000000"
	case "local-timestamp-nanos":
		return "2006-01-02T15:04:05.000000000"
	default:
		return "2006-01-02T15:04:05.000Z07:00"
	}
}

func appendFloat(dst []byte, f float64, bits int) []byte {
	switch {
	case math.IsNaN(f):
		return append(dst, `"NaN"`...)
	case math.IsInf(f, 1):
		return append(dst, `"Infinity"`...)
	case math.IsInf(f, -1):
		return append(dst, `"-Infinity"`...)
	}
	return strconv.AppendFloat(dst, f, 'g', -1, bits)
}

func appendBytes(dst, b []byte) []byte {
	if utf8.Valid(b) {
		return appendText(dst, string(b))
	}
	dst = append(dst, `{"base64":"`...)
	dst = base64.StdEncoding.AppendEncode(dst, b)
	return append(dst, `"}`...)
}

// appendText quotes s; what is not UTF-8 in it becomes U+FFFD.
func appendText(dst []byte, s string) []byte {
	quoted, err := jsontext.AppendQuote(dst, s)
	if err != nil {
		quoted, _ = jsontext.AppendQuote(dst, ValidText(s)) // what was wrong is gone
	}
	return quoted
}
