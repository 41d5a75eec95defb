package webhook

import (
	"errors"
	"net/http"
	"strings"
	"sync"

	"github.com/mokafka/mokafka/internal/markup"
)

// SOAPPath is where Moka's SOAP webhooks arrive; with ?wsdl it tells how.
const SOAPPath = RESTPath + "/soap"

// doorSOAP names the door in metrics, endpointSOAP in the journal.
const (
	doorSOAP     = "soap"
	endpointSOAP = "webhook/soap"
)

// soap is the SOAP door. Moka documents little of it: the method pushCandidate,
// its one parameter, an XML document, the answer true or false, and a Bearer
// token. The journal keeps that document, in UTF-8, without the SOAP around it.
type soap struct {
	*intake
	auth bearer
	data *DataCipher
	// base is the address at which Moka reaches the doors, "" where it is not
	// known: then the WSDL names the one it was fetched from.
	base string
}

func (d *soap) serve(w http.ResponseWriter, r *http.Request) outcome {
	version := versionOf(r.Header.Get("Content-Type"))
	switch r.Method {
	case http.MethodPost:
	case http.MethodGet, http.MethodHead:
		if wantsWSDL(r) {
			return d.describe(w, r)
		}
		fallthrough
	default:
		w.Header().Set("Allow", "GET, HEAD, POST")
		return d.refuse(w, version, answerMethod)
	}
	sent, held, a, ok := d.receive(w, r, doorSOAP)
	defer func() { d.room.release(held) }()
	if !ok {
		return d.refuse(w, version, a)
	}
	ctx, cancel := d.begin(r)
	defer cancel()

	// To read XML takes several times its size, which counts as the body does;
	// a body that is alone always has its room.
	room := min(readingSOAP*int64(len(sent)), d.room.limit-held)
	if !d.room.take(room) {
		return d.refuse(w, version, answerBusy)
	}
	held += room
	contentType := r.Header.Get("Content-Type")
	call := sync.OnceValues(func() (soapCall, error) { return readSOAP(sent, contentType) })

	key, form, err := d.auth.authenticate(r.Header.Get("Authorization"), sent, func() []byte {
		read, _ := call() // of what cannot be read, nothing was signed
		return read.signed
	})
	if err != nil {
		d.unsigned(err, "a SOAP webhook's Bearer token was refused: if it came from Moka, compare WEBHOOK_SIGNING_KEYS with Moka's signing key, and see WEBHOOK_SOAP_BEARER")
		w.Header().Set("WWW-Authenticate", "Bearer")
		return d.refuse(w, version, answerUnsigned)
	}
	d.metrics.signed(authentic{key: key, form: form})
	recorded, label := contentTypeOf(contentType)
	d.metrics.contentTypes.WithLabelValues(doorSOAP, label).Inc()
	slip := receipt{org: d.org, endpoint: endpointSOAP, contentType: recorded, at: d.now().UTC()}

	read, err := call()
	if read.version != 0 {
		version = read.version
	}
	if err != nil {
		return d.refuse(w, version, d.bury(ctx, whyNot(err), slip, sent))
	}
	p, why := d.push(read)
	if why != nil {
		return d.refuse(w, version, d.bury(ctx, why, slip, sent))
	}
	p.contentType = "application/xml"
	if p.decrypted {
		p.contentType = "application/json"
	}
	a = d.keep(ctx, p, slip, sent)
	version.write(w, a)
	return outcome{p.label(), a.label}
}

// readingSOAP is how many times its size the reading of a body takes at most:
// decoded, the parameter, its elements, and their JSON.
const readingSOAP = 6

// push reads the document as the JSON of the same outline. Where data came
// encrypted, it is this JSON that is journaled, with data in the clear.
func (d *soap) push(call soapCall) (*push, *unreadable) {
	inJSON, err := markup.JSON(call.document, nil)
	if err != nil {
		return nil, whyNot(err)
	}
	p, why := readPush(authentic{body: inJSON}, d.data, d.zone, eventPushCandidate)
	if why == notJSON {
		why = notXML
	}
	if why == nil && !p.decrypted {
		p.body = call.document
	}
	return p, why
}

func (d *soap) refuse(w http.ResponseWriter, version soapVersion, a answer) outcome {
	version.write(w, a)
	return outcome{eventUnread, a.label}
}

// whyNot is the reason that stands for an error of reading XML.
func whyNot(err error) *unreadable {
	for _, known := range []struct {
		err error
		why *unreadable
	}{
		{markup.ErrDTD, hasDTD},
		{markup.ErrTooDeep, tooComplex},
		{markup.ErrTooMany, tooComplex},
		{errEncoding, wrongEncoding},
		{errNotSOAP, notSOAP},
		{errMustUnderstand, notUnderstood},
	} {
		if errors.Is(err, known.err) {
			return known.why
		}
	}
	return notXML
}

func wantsWSDL(r *http.Request) bool {
	for name := range r.URL.Query() {
		if strings.EqualFold(name, "wsdl") {
			return true
		}
	}
	return false
}
