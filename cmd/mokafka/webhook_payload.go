package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/mokafka/mokafka/ingest/webhook"
)

// freshened gives a payload an id of its own and has it triggered at now;
// everything else stays as it is, but for white space.
func freshened(body []byte, now time.Time) ([]byte, error) {
	return withMembers(body,
		member{"id", jsontext.Value(strconv.Quote(newID()))}, member{"triggeredAt", strconv.AppendInt(nil, now.Unix(), 10)})
}

// encrypted encrypts a payload's data as Moka does.
func encrypted(body []byte, key, iv string) ([]byte, error) {
	cipher, err := webhook.NewDataCipher(key, iv)
	if err != nil {
		return nil, err
	}
	var data jsontext.Value
	err = eachMember(body, func(m member) error {
		if m.is("data") {
			data = m.value
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if data.Kind() != '{' {
		return nil, errors.New("its data is not an object")
	}
	if err := data.Compact(); err != nil {
		return nil, err
	}
	return withMembers(body, member{"data", jsontext.Value(strconv.Quote(cipher.Seal(data)))})
}

// member is a name of a JSON object with its value.
type member struct {
	name  string
	value jsontext.Value
}

func (m member) is(name string) bool { return strings.EqualFold(m.name, name) }

// withMembers writes an object anew without white space, with these members in
// the places of those of the same names, or at its end.
func withMembers(body []byte, replaced ...member) ([]byte, error) {
	var out bytes.Buffer
	enc := jsontext.NewEncoder(&out, append(lenient(), jsontext.PreserveRawStrings(true))...)
	write := func(m member) error {
		return errors.Join(enc.WriteToken(jsontext.String(m.name)), enc.WriteValue(m.value))
	}
	if err := enc.WriteToken(jsontext.BeginObject); err != nil {
		return nil, err
	}
	missing := slices.Clone(replaced)
	err := eachMember(body, func(m member) error {
		if i := slices.IndexFunc(replaced, func(r member) bool { return m.is(r.name) }); i >= 0 {
			m.value = replaced[i].value
			missing = slices.DeleteFunc(missing, func(r member) bool { return m.is(r.name) })
		}
		return write(m)
	})
	if err != nil {
		return nil, err
	}
	for _, m := range missing {
		if err := write(m); err != nil {
			return nil, err
		}
	}
	if err := enc.WriteToken(jsontext.EndObject); err != nil {
		return nil, err
	}
	return bytes.TrimSpace(out.Bytes()), nil
}

// lenient reads what Moka sends.
func lenient() []jsontext.Options {
	return []jsontext.Options{jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)}
}

// eachMember calls f for the members of an object in their order.
func eachMember(body []byte, f func(member) error) error {
	in := jsontext.NewDecoder(bytes.NewReader(body), lenient()...)
	if in.PeekKind() != '{' {
		return errors.New("it is not a JSON object")
	}
	_, err := in.ReadToken()
	for err == nil && in.PeekKind() != '}' {
		var m member
		var name jsontext.Token
		if name, err = in.ReadToken(); err != nil {
			break
		}
		m.name = name.String()
		if m.value, err = in.ReadValue(); err != nil {
			break
		}
		m.value = m.value.Clone()
		if err := f(m); err != nil {
			return err
		}
	}
	if err == nil {
		_, err = in.ReadToken()
	}
	if err != nil {
		return fmt.Errorf("it is not JSON: %w", err)
	}
	if _, err := in.ReadToken(); !errors.Is(err, io.EOF) {
		return errors.New("there is more in it than a JSON object")
	}
	return nil
}
