package topicdoc

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// object is a mapping that keeps its order.
type object []member

type member struct {
	name  string
	value any
}

// plain are texts that YAML takes for nothing but text.
var plain = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_./-]*$`)

// words are plain texts that some reader of YAML takes for something else.
var words = map[string]bool{"true": true, "false": true, "null": true, "yes": true, "no": true, "on": true, "off": true, "y": true, "n": true}

// yamlText is a text in YAML: bare where that is safe, else in the quotes of JSON,
// which YAML knows too.
func yamlText(s string) string {
	if plain.MatchString(s) && !words[strings.ToLower(s)] {
		return s
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(s); err != nil { // it does not fail for text
		return strconv.Quote(s)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// writeYAML writes an object, list or scalar as a block, indented; what begins a
// line is written by the caller.
func writeYAML(b *strings.Builder, v any, indent string) error {
	switch v := v.(type) {
	case object:
		for i, m := range v {
			if i > 0 {
				b.WriteString(indent)
			}
			b.WriteString(yamlText(m.name) + ":")
			if err := writeMember(b, m.value, indent); err != nil {
				return err
			}
		}
		return nil
	case []any:
		for i, item := range v {
			if i > 0 {
				b.WriteString(indent)
			}
			b.WriteString("- ")
			if err := writeItem(b, item, indent+"  "); err != nil {
				return err
			}
		}
		return nil
	}
	text, err := yamlScalar(v)
	b.WriteString(text + "\n")
	return err
}

func writeMember(b *strings.Builder, v any, indent string) error {
	if nested(v) {
		b.WriteString("\n" + indent + "  ")
		return writeYAML(b, v, indent+"  ")
	}
	b.WriteString(" ")
	return writeItem(b, v, indent)
}

func writeItem(b *strings.Builder, v any, indent string) error {
	switch v := v.(type) {
	case object:
		if len(v) == 0 {
			b.WriteString("{}\n")
			return nil
		}
	case []any:
		if len(v) == 0 {
			b.WriteString("[]\n")
			return nil
		}
	}
	return writeYAML(b, v, indent)
}

func nested(v any) bool {
	switch v := v.(type) {
	case object:
		return len(v) > 0
	case []any:
		return len(v) > 0
	}
	return false
}

func yamlScalar(v any) (string, error) {
	switch v := v.(type) {
	case nil:
		return "null", nil
	case string:
		return yamlText(v), nil
	case bool:
		return strconv.FormatBool(v), nil
	case int:
		return strconv.Itoa(v), nil
	case json.Number:
		return v.String(), nil
	}
	return "", fmt.Errorf("write YAML: %T has no form", v)
}

// readOrdered reads JSON without losing the order of its names.
func readOrdered(text []byte) (any, error) {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	v, err := readValue(dec)
	if err != nil {
		return nil, fmt.Errorf("read JSON: %w", err)
	}
	return v, nil
}

func readValue(dec *json.Decoder) (any, error) {
	token, err := dec.Token()
	if err != nil {
		return nil, err
	}
	switch token {
	case json.Delim('{'):
		out := object{}
		for dec.More() {
			name, err := dec.Token()
			if err != nil {
				return nil, err
			}
			value, err := readValue(dec)
			if err != nil {
				return nil, err
			}
			out = append(out, member{fmt.Sprint(name), value})
		}
		_, err := dec.Token()
		return out, err
	case json.Delim('['):
		out := []any{}
		for dec.More() {
			value, err := readValue(dec)
			if err != nil {
				return nil, err
			}
			out = append(out, value)
		}
		_, err := dec.Token()
		return out, err
	}
	return token, nil
}
