package api

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/mokafka/mokafka/internal/mokasim/resources"
)

// fields are the keys of a JSON body, exactly as they are written. A key whose
// value is null is there.
type fields map[string]json.RawMessage

// fields reads the body, which must be a JSON object or nothing.
func (c *call) fields() (fields, error) {
	body := fields{}
	if strings.TrimSpace(string(c.body)) == "" {
		return body, nil
	}
	if err := json.Unmarshal(c.body, &body); err != nil || body == nil {
		return nil, wrong("body")
	}
	return body, nil
}

// given reports whether a key is there with a value other than null.
func (f fields) given(name string) bool {
	value, ok := f[name]
	return ok && string(value) != "null"
}

// reading reads an optional value of a key into target; a value of another type
// is refused.
func (f fields) reading(name string, target any) error {
	if !f.given(name) {
		return nil
	}
	if json.Unmarshal(f[name], target) != nil {
		return wrong(name)
	}
	return nil
}

// required is reading of a key that has to be there.
func (f fields) required(name string, target any) error {
	if !f.given(name) {
		return missing(name)
	}
	return f.reading(name, target)
}

// text is a key's text; "" for none.
func (f fields) text(name string) (string, error) {
	var value string
	err := f.reading(name, &value)
	return value, err
}

// time is a key's time: ISO 8601 or a date, in Beijing where it has no zone;
// zero for none.
func (f fields) time(name string) (time.Time, error) {
	text, err := f.text(name)
	if err != nil || text == "" {
		return time.Time{}, err
	}
	return moment(name, text)
}

func moment(name, text string) (time.Time, error) {
	at, err := resources.Since(text)
	if err != nil {
		return time.Time{}, wrong(name)
	}
	return at, nil
}

// number is a whole number of the query; 0 for none.
func (c *call) number(name string) (int64, error) {
	text := c.query.Get(name)
	if text == "" {
		return 0, nil
	}
	value, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0, wrong(name)
	}
	return value, nil
}

// numbers is number for several names at once.
func (c *call) numbers(into map[string]*int64) error {
	var faults []error
	for name, target := range into {
		value, err := c.number(name)
		*target = value
		faults = append(faults, err)
	}
	return errors.Join(faults...)
}

// own is the id in the call's path.
func (c *call) own() (int64, error) {
	id, err := strconv.ParseInt(c.id, 10, 64)
	if err != nil {
		return 0, wrong("applicationId")
	}
	return id, nil
}

// parameters collects what an effect was asked for.
type parameters map[string]any

// put adds a parameter that was given; times are written in UTC.
func (p parameters) put(name string, value any) {
	if at, ok := value.(time.Time); ok {
		if at.IsZero() {
			return
		}
		value = at.UTC().Format(time.RFC3339Nano)
	}
	p[name] = value
}
