package push

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/mokafka/mokafka/internal/mokasim/payload"
)

// The doors that Moka can push to. SOAP and Zhiren take pushCandidate alone.
const (
	DoorREST   = "rest"
	DoorSOAP   = "soap"
	DoorZhiren = "zhiren"
)

// Path of the Zhiren receiver, which is part of what is signed.
const zhirenPath = "/api/v2/moka_candidates"

// sealSOAP puts the document into a call of pushCandidate and sets the token.
func (k Keys) sealSOAP(message *Message, body []byte) error {
	document, err := payload.XML(body)
	if err != nil {
		return err
	}
	inside := strings.TrimPrefix(string(document), xml.Header)
	if !message.Manner.Elements {
		var text strings.Builder
		if err := xml.EscapeText(&text, document); err != nil {
			return err
		}
		inside = text.String()
	}
	message.ContentType = "text/xml; charset=utf-8"
	message.Body = []byte(xml.Header + `<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>` +
		`<pushCandidate><candidate>` + inside + `</candidate></pushCandidate></soap:Body></soap:Envelope>`)
	key := k.signing(message.Manner.Key)
	switch {
	case key == "":
	case message.Manner.SignedToken:
		message.Token = Sign(key, message.Body)
	default:
		message.Token = key
	}
	if message.Manner.Tamper {
		message.Body = tampered(message.Body, "triggeredat&gt;", "<triggeredat>")
	}
	return nil
}

// sealZhiren makes the signed form.
func (k Keys) sealZhiren(message *Message) error {
	text, err := payload.Zhiren(message.Webhook)
	if err != nil {
		return err
	}
	secret := k.ZhirenSecret
	if message.Manner.Key == KeyWrong {
		secret += "-wrong"
	}
	tonce := strconv.FormatInt(message.Webhook.TriggeredAt, 10)
	mac := hmac.New(sha256.New, []byte(secret))
	fmt.Fprintf(mac, "POST%s%s%s%s", zhirenPath, k.ZhirenAccess, tonce, text)
	form := "payload=" + url.QueryEscape(string(text)) + "&access_key=" + url.QueryEscape(k.ZhirenAccess) + "&tonce=" + tonce
	if message.Manner.Key != KeyNone {
		form += "&signature=" + hex.EncodeToString(mac.Sum(nil))
	}
	message.ContentType = "application/x-www-form-urlencoded"
	message.Body = []byte(form)
	if message.Manner.Tamper {
		message.Body = tampered(message.Body, "birthYear%22%3A")
	}
	return nil
}

// signing is the signing key by its name, "" for none.
func (k Keys) signing(name string) string {
	switch name {
	case KeyOld:
		return k.Old
	case KeyWrong:
		return k.Signing + "-wrong"
	case KeyNone:
		return ""
	default:
		return k.Signing
	}
}

// succeeded tells whether an answer other than REST's says so: SOAP with true,
// Zhiren with code 0. reason is what it says otherwise, if anything.
func succeeded(door string, answer []byte) (ok bool, reason string) {
	if door == DoorSOAP {
		var reply struct {
			Return string `xml:"Body>pushCandidateResponse>return"`
			Fault  string `xml:"Body>Fault>faultstring"`
		}
		if xml.Unmarshal(answer, &reply) != nil {
			return false, ""
		}
		return strings.TrimSpace(reply.Return) == "true", reply.Fault
	}
	var reply struct {
		Code    *int   `json:"error_code"`
		Message string `json:"error_message"`
	}
	if json.Unmarshal(answer, &reply) != nil || reply.Code == nil {
		return false, ""
	}
	return *reply.Code == 0, reply.Message
}
