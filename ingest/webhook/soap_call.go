package webhook

import (
	"bytes"
	"errors"
	"strings"

	"github.com/mokafka/mokafka/internal/markup"
)

// What readSOAP refuses, beside XML that markup refuses and text of a wrong
// encoding.
var (
	errNotSOAP        = errors.New("it is not a SOAP call of pushCandidate with a document")
	errMustUnderstand = errors.New("it has a SOAP header that must be understood, and none is")
)

// soapCall is a call of pushCandidate.
type soapCall struct {
	version soapVersion // 0 where it was not seen
	// document is the parameter, XML in UTF-8.
	document []byte
	// signed is the parameter as the caller had it, if a text.
	signed []byte
}

// readSOAP reads a call. The document may be a text, escaped or as CDATA, or
// nested elements; it may stand in the operation's element, in a parameter of
// any name in it, or be the operation's element itself. So it is found by what
// it holds: it is the outermost element that has one of the keys of a webhook.
func readSOAP(sent []byte, contentType string) (soapCall, error) {
	text, err := decodeXML(sent, contentType)
	if err != nil {
		return soapCall{}, err
	}
	s := markup.NewScanner(text)
	envelope, err := s.Next()
	if err != nil {
		return soapCall{}, err
	}
	call := soapCall{version: envelopeVersion(envelope)}
	if call.version == 0 {
		return call, errNotSOAP
	}
	if err := call.readHeaders(s); err != nil {
		return call, err
	}
	operation, err := element(s)
	if err != nil {
		return call, err
	}
	if !strings.EqualFold(operation.Name, eventPushCandidate) {
		return call, errNotSOAP
	}
	if err := call.readParameter(s, operation); err != nil {
		return call, err
	}
	for {
		switch token, err := s.Next(); {
		case err != nil:
			return call, err
		case token.Kind == markup.EOF:
			return call, nil
		}
	}
}

// envelopeVersion is 0 where the element is no envelope of a known version.
func envelopeVersion(t markup.Token) soapVersion {
	if t.Kind != markup.Start || t.Name != "Envelope" {
		return 0
	}
	for _, a := range t.Attributes {
		if a.Prefix == "" && a.Name == "xmlns" && t.Prefix == "" || a.Prefix == "xmlns" && a.Name == t.Prefix {
			switch a.Value {
			case soap11.namespace():
				return soap11
			case soap12.namespace():
				return soap12
			}
		}
	}
	return 0
}

// readHeaders reads up to the begin of the body. A header that has to be
// understood is not.
func (c *soapCall) readHeaders(s *markup.Scanner) error {
	const headerDepth = 3 // Envelope, Header, and what is in it
	for {
		t, err := element(s)
		if err != nil {
			return err
		}
		if t.Name == "Body" && s.Depth() == headerDepth-1 {
			return nil
		}
		if t.Name != "Header" || s.Depth() != headerDepth-1 {
			return errNotSOAP
		}
		for s.Depth() >= headerDepth-1 {
			t, err := s.Next()
			if err != nil {
				return err
			}
			if t.Kind != markup.Start || s.Depth() != headerDepth {
				continue
			}
			for _, a := range t.Attributes {
				if a.Name == "mustUnderstand" && (a.Value == "1" || a.Value == "true") {
					return errMustUnderstand
				}
			}
		}
	}
}

// element is the element that comes next, after white space alone.
func element(s *markup.Scanner) (markup.Token, error) {
	for {
		t, err := s.Next()
		switch {
		case err != nil:
			return t, err
		case t.Kind == markup.Start:
			return t, nil
		case t.Kind != markup.Text || strings.TrimSpace(t.Text) != "":
			return t, errNotSOAP
		}
	}
}

// isKey tells the keys of a webhook, by which its element is known.
func isKey(name string) bool {
	for _, key := range []string{"id", "event", "triggeredAt", "data"} {
		if strings.EqualFold(name, key) {
			return true
		}
	}
	return false
}

// readParameter finds the document in the operation's element, or in the first
// element in it, and so on.
func (c *soapCall) readParameter(s *markup.Scanner, around markup.Token) error {
	depth := s.Depth()
	var text strings.Builder
	for {
		t, err := s.Next()
		if err != nil {
			return err
		}
		switch t.Kind {
		case markup.Text:
			text.WriteString(t.Text)
		case markup.Start:
			if !isKey(t.Name) {
				return c.readParameter(s, t)
			}
			for s.Depth() >= depth {
				if t, err = s.Next(); err != nil {
					return err
				}
			}
			c.document = s.Slice(around.From, t.To)
			return nil
		default:
			c.signed = []byte(text.String())
			c.document = bytes.TrimSpace(bytes.TrimPrefix(bytes.TrimSpace(c.signed), []byte("\ufeff")))
			if !bytes.HasPrefix(c.document, []byte("<")) {
				return errNotSOAP
			}
			return nil
		}
	}
}
