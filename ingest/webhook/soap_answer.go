package webhook

import (
	"encoding/xml"
	"mime"
	"net/http"
	"strconv"
	"strings"
)

// serviceNamespace is that of pushCandidate in the WSDL.
const serviceNamespace = "urn:mokafka:webhook"

// soapVersion is the version of SOAP that a caller speaks.
type soapVersion int

const (
	soap11 soapVersion = 11
	soap12 soapVersion = 12
)

func (v soapVersion) namespace() string {
	if v == soap12 {
		return "http://www.w3.org/2003/05/soap-envelope"
	}
	return "http://schemas.xmlsoap.org/soap/envelope/"
}

func (v soapVersion) contentType() string {
	if v == soap12 {
		return "application/soap+xml; charset=utf-8"
	}
	return "text/xml; charset=utf-8"
}

// versionOf is what a Content-Type says of the version, 1.1 where it says
// nothing.
func versionOf(contentType string) soapVersion {
	if media, _, err := mime.ParseMediaType(contentType); err == nil && media == "application/soap+xml" {
		return soap12
	}
	return soap11
}

// write sends an answer: true for what was journaled; false, as Moka documents
// it for failure, for a document that was understood as one and kept, but cannot
// be taken; and a fault with a readable reason for anything else.
func (v soapVersion) write(w http.ResponseWriter, a answer) {
	status := http.StatusOK
	var content string
	switch a {
	case answerAccepted:
		content = v.result(true)
	case answerNotJSON, answerNoEvent, answerNoApplication, answerTooManyApplications, answerUndecryptable:
		content = v.result(false)
	default:
		status, content = v.faultStatus(a), v.fault(a)
	}
	body := []byte(xml.Header + `<soap:Envelope xmlns:soap="` + v.namespace() + `"><soap:Body>` + content + `</soap:Body></soap:Envelope>`)
	h := w.Header()
	h.Set("Content-Type", v.contentType())
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("X-Content-Type-Options", "nosniff")
	if a.retryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(a.retryAfter))
	}
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

// inSOAP is the answerWriter of the SOAP door, for who has not read the message.
func inSOAP(w http.ResponseWriter, r *http.Request, a answer) {
	versionOf(r.Header.Get("Content-Type")).write(w, a)
}

func (v soapVersion) result(taken bool) string {
	return `<m:pushCandidateResponse xmlns:m="` + serviceNamespace + `"><m:return>` + strconv.FormatBool(taken) +
		`</m:return></m:pushCandidateResponse>`
}

// faultStatus is the answer's own where HTTP has something to say; for what is
// wrong with the message itself SOAP 1.1 wants 500, and 1.2 400.
func (v soapVersion) faultStatus(a answer) int {
	switch {
	case a.status != http.StatusUnprocessableEntity:
		return a.status
	case v == soap12:
		return http.StatusBadRequest
	default:
		return http.StatusInternalServerError
	}
}

func (v soapVersion) fault(a answer) string {
	ours := a.status >= http.StatusInternalServerError || a.status == http.StatusTooManyRequests
	detail := `<m:code xmlns:m="` + serviceNamespace + `">` + strconv.Itoa(a.code) + `</m:code>`
	if v == soap12 {
		code := "Sender"
		if ours {
			code = "Receiver"
		}
		if a == answerNotUnderstood {
			code = "MustUnderstand"
		}
		return `<soap:Fault><soap:Code><soap:Value>soap:` + code + `</soap:Value></soap:Code>` +
			`<soap:Reason><soap:Text xml:lang="zh">` + escaped(a.msg) + `</soap:Text></soap:Reason>` +
			`<soap:Detail>` + detail + `</soap:Detail></soap:Fault>`
	}
	code := "Client"
	if ours {
		code = "Server"
	}
	if a == answerNotUnderstood {
		code = "MustUnderstand"
	}
	return `<soap:Fault><faultcode>soap:` + code + `</faultcode><faultstring>` + escaped(a.msg) +
		`</faultstring><detail>` + detail + `</detail></soap:Fault>`
}

// escaped is text as it may stand in XML, in an attribute too.
func escaped(text string) string {
	var out strings.Builder
	_ = xml.EscapeText(&out, []byte(text)) // a Builder never fails
	return out.String()
}
