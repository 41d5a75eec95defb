package main

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/mokafka/mokafka/ingest/webhook"
)

// The doors that webhook send can send to.
const (
	doorREST   = "rest"
	doorSOAP   = "soap"
	doorZhiren = "zhiren"
)

// doorPaths are where they are.
var doorPaths = map[string]string{doorREST: webhook.RESTPath, doorSOAP: webhook.SOAPPath, doorZhiren: webhook.ZhirenPath}

// sealed is a request ready to be sent.
type sealed struct {
	target, contentType, token string
	body                       []byte
}

// sealSOAP puts a document into a call of pushCandidate.
func sealSOAP(target url.URL, key string, document []byte) (sealed, error) {
	if !bytes.HasPrefix(bytes.TrimSpace(document), []byte("<")) {
		return sealed{}, errors.New("--door soap wants XML, as in Moka's document: <root><event>…</event><data>…</data></root>")
	}
	var text bytes.Buffer
	if err := xml.EscapeText(&text, document); err != nil {
		return sealed{}, fmt.Errorf("escape the document: %w", err)
	}
	body := xml.Header + `<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>` +
		`<pushCandidate xmlns="urn:mokafka:webhook"><candidate>` + text.String() + `</candidate></pushCandidate></soap:Body></soap:Envelope>`
	return sealed{target: target.String(), contentType: "text/xml; charset=utf-8", token: key, body: []byte(body)}, nil
}

// sealZhiren makes the signed form of a payload, at now. The key is
// access_key:secret.
func sealZhiren(target url.URL, key string, payload []byte, now time.Time) (sealed, error) {
	access, secret, ok := strings.Cut(key, ":")
	if !ok {
		return sealed{}, errors.New("--door zhiren wants a key of the form access_key:secret")
	}
	tonce := strconv.FormatInt(now.Unix(), 10)
	form := url.Values{
		"payload": {string(payload)}, "access_key": {access}, "tonce": {tonce},
		"signature": {webhook.SignZhiren(secret, http.MethodPost, webhook.ZhirenPath, access, tonce, payload)},
	}
	return sealed{target: target.String(), contentType: "application/x-www-form-urlencoded", body: []byte(form.Encode())}, nil
}

var (
	idElement        = regexp.MustCompile(`(?i)(<id>)[^<]*(</id>)`)
	triggeredElement = regexp.MustCompile(`(?i)(<triggeredat>)[^<]*(</triggeredat>)`)
)

// freshenedXML gives a document an id of its own and has it triggered at now;
// these are the first elements of their names.
func freshenedXML(document []byte, now time.Time) ([]byte, error) {
	for _, set := range []struct {
		element *regexp.Regexp
		value   string
	}{{idElement, newID()}, {triggeredElement, strconv.FormatInt(now.Unix(), 10)}} {
		at := set.element.FindSubmatchIndex(document)
		if at == nil {
			return nil, errors.New("it has no <id> or no <triggeredat>")
		}
		document = bytes.Join([][]byte{document[:at[3]], []byte(set.value), document[at[4]:]}, nil)
	}
	return document, nil
}

// soapVerdict is the status that REST would have for an answer: SOAP says true
// with 200, and false as well; what is wrong with the message it says with 500.
func soapVerdict(status int, answer []byte) int {
	refused := status == http.StatusOK && !bytes.Contains(answer, []byte(">true<"))
	if refused || status == http.StatusInternalServerError && bytes.Contains(answer, []byte(":Client<")) {
		return http.StatusUnprocessableEntity
	}
	return status
}
