package webhook

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/mokafka/mokafka/schemas"
)

// scalar is a JSON string or number as text, "" for anything else: null, a
// boolean, a list, an object.
type scalar struct{ text string }

// readScalar reads the next value, whatever it is, and hands it to f.
func readScalar(dec *jsontext.Decoder, f func(scalar)) error {
	value, err := dec.ReadValue()
	if err != nil {
		return err
	}
	f(scalarOf(value))
	return nil
}

func scalarOf(value jsontext.Value) scalar {
	switch value.Kind() {
	case '"':
		// The error is of invalid UTF-8 alone, which was replaced.
		text, _ := jsontext.AppendUnquote(nil, value)
		return scalar{strings.TrimSpace(schemas.ValidText(string(text)))}
	case '0':
		return scalar{string(value)}
	default:
		return scalar{}
	}
}

// id reads a positive whole number in plain digits, 12.0 among them: no more than
// package normalize takes for one.
func (s scalar) id() (int64, bool) {
	digits := strings.TrimSuffix(s.text, ".0")
	if digits == "" || digits[0] < '1' || digits[0] > '9' {
		return 0, false
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	return n, err == nil
}

// Unix times up to secondsEnd are seconds (until the year 5138), from there to
// millisEnd milliseconds.
const (
	secondsEnd = 1e11
	millisEnd  = 1e14
)

// beijing is the zone of times that name none: Moka's own. It has no summer time.
var beijing = time.FixedZone("Asia/Shanghai", 8*60*60)

// time reads a time: Unix seconds, as Moka documents for triggeredAt, or
// milliseconds, or text in the forms Moka uses elsewhere. What cannot be one is
// the zero time. The result is in UTC, to the millisecond.
func (s scalar) time(zone *time.Location) time.Time {
	if f, err := strconv.ParseFloat(s.text, 64); err == nil {
		switch {
		case f >= 1 && f < secondsEnd:
			return time.UnixMilli(int64(math.Round(f * 1000))).UTC()
		case f >= secondsEnd && f < millisEnd:
			return time.UnixMilli(int64(f)).UTC()
		default:
			return time.Time{}
		}
	}
	if zone == nil {
		zone = beijing
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02 15:04:05", "2006-01-02T15:04:05"} {
		if t, err := time.ParseInLocation(layout, s.text, zone); err == nil && t.Year() >= 1970 {
			return t.UTC().Truncate(time.Millisecond)
		}
	}
	return time.Time{}
}

// idSet collects ids, each once, in order, up to MaxApplications+1.
type idSet struct {
	list []int64
	seen map[int64]struct{}
}

// smallSet is up to where looking through the list is cheaper than a map.
const smallSet = 16

func (s *idSet) add(id int64) {
	if len(s.list) > MaxApplications {
		return
	}
	if len(s.list) < smallSet {
		if !slices.Contains(s.list, id) {
			s.list = append(s.list, id)
		}
		return
	}
	if s.seen == nil {
		s.seen = make(map[int64]struct{}, 4*smallSet)
		for _, id := range s.list {
			s.seen[id] = struct{}{}
		}
	}
	if _, ok := s.seen[id]; !ok {
		s.seen[id] = struct{}{}
		s.list = append(s.list, id)
	}
}

// read adds the next value: an id, a list of ids, or either as JSON text.
func (s *idSet) read(dec *jsontext.Decoder) error {
	return eachElement(dec, func() error {
		return readScalar(dec, func(one scalar) {
			if id, ok := one.id(); ok {
				s.add(id)
			} else if strings.HasPrefix(one.text, "[") {
				s.readText(one.text)
			}
		})
	})
}

// readText adds the ids of a list in JSON text; text that is no such list has
// none.
func (s *idSet) readText(text string) {
	inner := lenientDecoder([]byte(text))
	var found []scalar
	err := eachElement(inner, func() error {
		return readScalar(inner, func(one scalar) { found = append(found, one) })
	})
	if err != nil || !ended(inner) {
		return
	}
	for _, one := range found {
		if id, ok := one.id(); ok {
			s.add(id)
		}
	}
}
