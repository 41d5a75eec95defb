package payload

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"strings"
)

// XML is the parameter of the SOAP method pushCandidate, written from the
// webhook's body as Moka's sample has it: tags in lower case, <element> for each
// element of a list, empty elements for null, "" and empty lists, everything
// under <root>. The document says nothing of attributes or namespaces, so there
// are none. Names that no tag may have keep the letters, digits, '.', '-' and '_'
// that they have.
func XML(body []byte) ([]byte, error) {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	var out bytes.Buffer
	out.WriteString(xml.Header)
	if err := writeElement(&out, decoder, "root"); err != nil {
		return nil, fmt.Errorf("write XML: %w", err)
	}
	return out.Bytes(), nil
}

// writeElement writes the next value as an element.
func writeElement(out *bytes.Buffer, in *json.Decoder, name string) error {
	token, err := in.Token()
	if err != nil {
		return err
	}
	tag := tagOf(name)
	out.WriteString("<" + tag + ">")
	switch token := token.(type) {
	case json.Delim:
		for in.More() {
			inner := "element"
			if token == '{' {
				key, err := in.Token()
				if err != nil {
					return err
				}
				inner, _ = key.(string)
			}
			if err := writeElement(out, in, inner); err != nil {
				return err
			}
		}
		if _, err := in.Token(); err != nil {
			return err
		}
	case nil:
	default:
		if err := xml.EscapeText(out, fmt.Append(nil, token)); err != nil {
			return err
		}
	}
	out.WriteString("</" + tag + ">")
	return nil
}

func tagOf(name string) string {
	tag := strings.Map(func(r rune) rune {
		if strings.ContainsRune(` <>&"'/=:`, r) || r < ' ' {
			return -1
		}
		return r
	}, strings.ToLower(name))
	if tag == "" || strings.ContainsRune("0123456789.-", rune(tag[0])) {
		tag = "_" + tag
	}
	return tag
}
