package webhook_test

import (
	"bytes"
	"context"
	"encoding/xml"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/text/encoding/simplifiedchinese"

	"github.com/mokafka/mokafka/ingest/webhook"
	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
)

const (
	envelope11 = "http://schemas.xmlsoap.org/soap/envelope/"
	envelope12 = "http://www.w3.org/2003/05/soap-envelope"
)

// around puts SOAP around what stands in the operation's element.
func around(namespace, inside string) []byte {
	return []byte(`<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="` + namespace + `"><s:Header/><s:Body>` +
		`<m:pushCandidate xmlns:m="urn:mokafka:webhook">` + inside + `</m:pushCandidate></s:Body></s:Envelope>`)
}

func asText(document []byte) string {
	var out strings.Builder
	_ = xml.EscapeText(&out, document)
	return "<m:candidate>" + out.String() + "</m:candidate>"
}

func asElements(document []byte) string { return "<m:candidate>" + asBare(document) + "</m:candidate>" }

// asBare is a document without its XML declaration.
func asBare(document []byte) string {
	_, after, _ := bytes.Cut(document, []byte("?>"))
	return string(bytes.TrimSpace(after))
}

// call sends a body with a token; the Content-Type is SOAP 1.1's unless given.
func (h *house) call(body []byte, token string, contentType ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, webhook.SOAPPath, bytes.NewReader(body))
	r.Header.Set("Content-Type", append(contentType, "text/xml; charset=utf-8")[0])
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	return h.do(r)
}

// soapAnswer is what a client reads.
type soapAnswer struct {
	XMLName xml.Name
	Return  *bool  `xml:"Body>pushCandidateResponse>return"`
	Code11  string `xml:"Body>Fault>faultcode"`
	Text11  string `xml:"Body>Fault>faultstring"`
	Code12  string `xml:"Body>Fault>Code>Value"`
	Text12  string `xml:"Body>Fault>Reason>Text"`
}

// wantSOAP checks that the answer is true, false or fault, and returns its text.
func wantSOAP(t testing.TB, w *httptest.ResponseRecorder, status int, want string) string {
	t.Helper()
	var a soapAnswer
	if err := xml.Unmarshal(w.Body.Bytes(), &a); err != nil {
		t.Fatalf("%d: %v: %s", w.Code, err, w.Body)
	}
	got := a.Code11 + a.Code12
	if a.Return != nil {
		got = map[bool]string{true: "true", false: "false"}[*a.Return]
	}
	if w.Code != status || got != want {
		t.Errorf("%d %s, want %d %s: %s", w.Code, got, status, want, w.Body)
	}
	text := a.Text11 + a.Text12
	if strings.HasPrefix(want, "soap:") && !strings.ContainsFunc(text, func(r rune) bool { return r >= 0x4e00 }) {
		t.Errorf("the fault has no Chinese text: %s", w.Body)
	}
	return text
}

// TestSOAPIsJournaled: in every form of the parameter the same entry comes out,
// keyed like its REST cousin, with the document as it was sent.
func TestSOAPIsJournaled(t *testing.T) {
	h := open(t)
	document := sample(t, "soap_pushCandidate.xml")
	printed := sample(t, "soap_pushCandidate.asdocumented.xml")
	for name, c := range map[string]struct {
		body []byte
		want []byte
	}{
		"text":         {around(envelope11, asText(document)), document},
		"cdata":        {around(envelope11, "<candidate><![CDATA["+string(document)+"]]></candidate>"), document},
		"printed":      {around(envelope11, asText(printed)), printed},
		"elements":     {around(envelope11, asElements(document)), nil},
		"printed bare": {around(envelope11, asElements(printed)), nil},
		"1.2":          {around(envelope12, asText(document)), document},
		"no parameter": {around(envelope11, asBare(document)), nil},
		"bare text":    {around(envelope11, "<![CDATA["+string(document)+"]]>"), document},
	} {
		t.Run(name, func(t *testing.T) {
			wantSOAP(t, h.call(c.body, testKey), http.StatusOK, "true")
			entries := h.journal.take()
			if len(entries) != 1 {
				t.Fatalf("%d entries", len(entries))
			}
			e := entries[0]
			id := "f353e5ce-17e0-4783-bee4-4a6b734b20fe"
			if e.EntryID != "wh:"+id+":"+publish.Root("demo", 12798) || *e.WebhookID != id || *e.ApplicationID != 12798 || *e.Event != "pushCandidate" ||
				e.Endpoint != "webhook/soap" || e.ContentType != "application/xml" || e.TriggeredAt.Unix() != 1505296287 || e.Channel != schemas.ChannelWebhook {
				t.Errorf("%+v", e)
			}
			if c.want != nil && !bytes.Equal(e.Body, bytes.TrimSpace(c.want)) || !bytes.HasSuffix(e.Body, []byte("</root>")) {
				t.Errorf("journaled: %.100s", e.Body)
			}
		})
	}
	if letters := h.letters.take(); len(letters) != 0 {
		t.Error("dead letters were written")
	}
}

// TestBearer: any of the forms that are allowed, and nothing else.
func TestBearer(t *testing.T) {
	document := sample(t, "soap_pushCandidate.xml")
	body := around(envelope11, asText(document))
	key, ofBody, ofDocument := testKey, webhook.Sign(testKey, body), webhook.Sign(testKey, document)
	for setting, taken := range map[string][]string{
		"any": {key, ofBody, ofDocument, "old-key", strings.ToUpper(ofBody)}, "key": {key, "old-key"}, "signature": {ofBody, ofDocument, strings.ToUpper(ofBody)},
	} {
		h := open(t, "WEBHOOK_SOAP_BEARER="+setting, "WEBHOOK_SIGNING_KEYS="+testKey+",old-key")
		for _, token := range []string{key, ofBody, ofDocument, "old-key", strings.ToUpper(ofBody), "", "wrong", strings.Repeat("0", 64), key + "x", key[1:]} {
			status, want := http.StatusUnauthorized, "soap:Client"
			for _, one := range taken {
				if one == token {
					status, want = http.StatusOK, "true"
				}
			}
			w := h.call(body, token)
			wantSOAP(t, w, status, want)
			if status == http.StatusUnauthorized {
				if w.Header().Get("WWW-Authenticate") != "Bearer" {
					t.Error("a 401 has to say how")
				}
				h.wantNothingKept(t)
			}
			h.journal.take()
		}
		if log := h.log.String(); strings.Contains(log, testKey) || strings.Contains(log, ofBody) {
			t.Error("a secret is in the log")
		}
	}
	off := open(t, "WEBHOOK_SOAP_BEARER=off")
	wantAnswer(t, off.call(body, key), http.StatusNotFound)
	off.wantNothingKept(t)
}

// TestSOAPRefused: what is authentic and cannot be taken is kept, and answered
// with false, or with a fault where it is not the document that is at fault.
func TestSOAPRefused(t *testing.T) {
	h := open(t)
	gbk := func(text string) string {
		t.Helper()
		out, err := simplifiedchinese.GBK.NewEncoder().String(text)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	named := func(encoding, inside string) []byte {
		return []byte(`<?xml version="1.0" encoding="` + encoding + `"?><Envelope xmlns="` + envelope11 + `"><Body><pushCandidate>` +
			inside + `</pushCandidate></Body></Envelope>`)
	}
	const doc = `<root><data><applicationid>7</applicationid><name>张三</name></data></root>`
	for name, c := range map[string]struct {
		body        []byte
		class, want string
	}{
		"no application":   {around(envelope11, "<candidate><root><event>pushCandidate</event><data/></root></candidate>"), "no_application", "false"},
		"other key":        {around(envelope11, "<candidate><root><data><application_id>7</application_id></data></root></candidate>"), "no_application", "false"},
		"no data":          {around(envelope11, asText([]byte("<root/>"))), "not_xml", "soap:Client"},
		"text, no XML":     {around(envelope11, "<candidate>hello</candidate>"), "not_soap", "soap:Client"},
		"text, broken XML": {around(envelope11, "<candidate>&lt;root&gt;</candidate>"), "not_xml", "soap:Client"},
		"nothing":          {around(envelope11, ""), "not_soap", "soap:Client"},
		"encrypted":        {around(envelope11, asText([]byte("<root><event>pushCandidate</event><data>00</data></root>"))), "no_data_key", "false"},
		"no SOAP":          {[]byte(doc), "not_soap", "soap:Client"},
		"no XML":           {[]byte(`{"id":"x"}`), "not_xml", "soap:Client"},
		"empty":            {nil, "not_xml", "soap:Client"},
		"other operation":  {bytes.ReplaceAll(around(envelope11, asText([]byte(doc))), []byte("pushCandidate"), []byte("pull")), "not_soap", "soap:Client"},
		"other envelope":   {around("urn:x", asText([]byte(doc))), "not_soap", "soap:Client"},
		"must understand": {[]byte(`<e:Envelope xmlns:e="` + envelope11 + `"><e:Header><x e:mustUnderstand="1"/></e:Header><e:Body><pushCandidate>` + doc +
			`</pushCandidate></e:Body></e:Envelope>`), "must_understand", "soap:MustUnderstand"},
		"laughs": {[]byte(`<!DOCTYPE l [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>` + string(around(envelope11, "&b;"))[38:]),
			"dtd", "soap:Client"},
		"external":             {bytes.Replace(around(envelope11, "&x;"), []byte("?>"), []byte(`?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>`), 1), "dtd", "soap:Client"},
		"laughs in the text":   {around(envelope11, asText([]byte(`<!DOCTYPE l [<!ENTITY a "lol">]><root>&a;</root>`))), "dtd", "soap:Client"},
		"deep":                 {around(envelope11, strings.Repeat("<a>", 1000)+strings.Repeat("</a>", 1000)), "too_complex", "soap:Client"},
		"deep in the text":     {around(envelope11, asText([]byte(strings.Repeat("<a>", 1000)+strings.Repeat("</a>", 1000)))), "too_complex", "soap:Client"},
		"GBK said, UTF-8 sent": {named("GBK", doc), "encoding", "soap:Client"},
		"UTF-8 said, GBK sent": {[]byte(gbk(string(named("UTF-8", doc)))), "encoding", "soap:Client"},
		"nothing said, GBK":    {[]byte(gbk(string(around(envelope11, doc))[38:])), "encoding", "soap:Client"},
		"Latin-1":              {named("ISO-8859-1", doc), "encoding", "soap:Client"},
		"UTF-16":               {[]byte("\xfe\xff\x00<\x00a"), "encoding", "soap:Client"},
	} {
		t.Run(name, func(t *testing.T) {
			w := h.call(c.body, testKey, "text/xml")
			entries, letters := h.journal.take(), h.letters.take()
			if len(entries) != 0 || len(letters) != 1 {
				t.Fatalf("%d entries and %d dead letters: %s", len(entries), len(letters), w.Body)
			}
			l := letters[0]
			if !bytes.Equal(l.Body, c.body) || *l.Endpoint != "webhook/soap" || l.ContentType != "text/xml" {
				t.Errorf("the letter: %+v", l)
			}
			status, want := http.StatusInternalServerError, c.want
			if l.ErrorClass != c.class {
				t.Errorf("class %s, want %s", l.ErrorClass, c.class)
			}
			if want == "false" {
				status = http.StatusOK
			}
			wantSOAP(t, w, status, want)
		})
	}
}

// TestEncodings that are what they say they are.
func TestEncodings(t *testing.T) {
	h := open(t)
	const doc = `<root><event>pushCandidate</event><data><applicationid>7</applicationid><name>张三 𠮷</name></data></root>`
	text := `<?xml version="1.0" encoding="ENC"?><Envelope xmlns="` + envelope11 + `"><Body><pushCandidate>` + doc + `</pushCandidate></Body></Envelope>`
	in := func(declared string) []byte { return []byte(strings.Replace(text, "ENC", declared, 1)) }
	gb, err := simplifiedchinese.GB18030.NewEncoder().Bytes(in("GB18030"))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		body        []byte
		contentType string
	}{
		"GB18030":             {gb, "text/xml"},
		"GB18030, said twice": {gb, "text/xml; charset=gbk"},
		"UTF-8":               {in("utf-8"), "text/xml; charset=UTF-8"},
		"UTF-8, marked":       {append([]byte("\ufeff"), in("UTF-8")...), "text/xml"},
	} {
		wantSOAP(t, h.call(c.body, testKey, c.contentType), http.StatusOK, "true")
		if entries := h.journal.take(); len(entries) != 1 || string(entries[0].Body) != doc {
			t.Errorf("%s: %v", name, entries)
		}
	}
	wantSOAP(t, h.call(in("utf-8"), testKey, "text/xml; charset=gbk"), http.StatusInternalServerError, "soap:Client")
}

// TestSOAPFaults beyond the message: HTTP has its say, in either version.
func TestSOAPFaults(t *testing.T) {
	h := open(t, "WEBHOOK_MAX_BODY=4096")
	small := around(envelope12, `<root><data><applicationid>7</applicationid></data></root>`)
	const ct12 = "application/soap+xml; charset=utf-8"
	wantSOAP(t, h.call(small, testKey, ct12), http.StatusOK, "true")
	h.journal.take()
	if w := h.call(small, "no", ct12); !strings.HasPrefix(w.Header().Get("Content-Type"), "application/soap+xml") {
		t.Errorf("a 1.2 caller is answered with %s", w.Header().Get("Content-Type"))
	} else {
		wantSOAP(t, w, http.StatusUnauthorized, "soap:Sender")
	}
	wantSOAP(t, h.call([]byte("<x/>"), testKey, ct12), http.StatusBadRequest, "soap:Sender")
	h.letters.take()
	wantSOAP(t, h.call(bytes.Repeat([]byte("x"), 5000), testKey), http.StatusRequestEntityTooLarge, "soap:Client")
	for fail, status := range map[error]int{publish.ErrBusy: 429, publish.ErrUnavailable: 503, publish.ErrTooLarge: 413} {
		h.journal.fail = func(context.Context) error { return fail }
		want := "soap:Receiver"
		if status == 413 {
			want = "soap:Sender"
		}
		w := h.call(small, testKey, ct12)
		wantSOAP(t, w, status, want)
		if (w.Header().Get("Retry-After") != "") != (status != 413) {
			t.Errorf("%d: Retry-After %q", status, w.Header().Get("Retry-After"))
		}
	}
}

// TestHugeSOAP: a body that is too large costs no more than one that is not, and
// one that is all tags is refused for little.
func TestHugeSOAP(t *testing.T) {
	h := open(t)
	huge := around(envelope11, strings.Repeat("<a/>", 11<<20/4))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	wantSOAP(t, h.call(huge, testKey), http.StatusRequestEntityTooLarge, "soap:Client")
	h.wantNothingKept(t)
	wantSOAP(t, h.call(huge[:10<<20-1], testKey), http.StatusInternalServerError, "soap:Client")
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; used > 100<<20 {
		t.Errorf("%d MiB", used>>20)
	}
}

func TestWSDL(t *testing.T) {
	for public, want := range map[string]string{
		"": "http://example.com/webhooks/moka/soap",
		"WEBHOOK_PUBLIC_URL=https://hooks.example.com/webhooks/moka":         "https://hooks.example.com/webhooks/moka/soap",
		"WEBHOOK_PUBLIC_URL=https://hooks.example.com":                       "https://hooks.example.com/webhooks/moka/soap",
		"WEBHOOK_PUBLIC_URL=https://hooks.example.com/in/webhooks/moka/soap": "https://hooks.example.com/in/webhooks/moka/soap",
		"WEBHOOK_PUBLIC_URL=https://hooks.example.com/a&b/":                  "https://hooks.example.com/a&b/webhooks/moka/soap",
	} {
		h := open(t, public)
		for _, query := range []string{"?wsdl", "?WSDL", "?wsdl=1"} {
			w := h.do(httptest.NewRequest(http.MethodGet, webhook.SOAPPath+query, nil))
			var definitions struct {
				Addresses []struct {
					Location string `xml:"location,attr"`
				} `xml:"service>port>address"`
			}
			if err := xml.Unmarshal(w.Body.Bytes(), &definitions); err != nil || w.Code != http.StatusOK || len(definitions.Addresses) != 2 {
				t.Fatalf("%d, %v: %s", w.Code, err, w.Body)
			}
			for _, a := range definitions.Addresses {
				if a.Location != want {
					t.Errorf("%s: %s, want %s", public, a.Location, want)
				}
			}
		}
	}
	h := open(t)
	w := h.do(httptest.NewRequest(http.MethodGet, webhook.SOAPPath, nil))
	wantSOAP(t, w, http.StatusMethodNotAllowed, "soap:Client")
}

// TestEncryptedSOAP: data as cipher text, in place of its elements, is journaled
// in the clear, as JSON.
func TestEncryptedSOAP(t *testing.T) {
	h := open(t, encrypting...)
	c, err := webhook.NewDataCipher(dataKey, dataIV)
	if err != nil {
		t.Fatal(err)
	}
	sealed := c.Seal([]byte(`{"applicationId":7}`))
	wantSOAP(t, h.call(around(envelope11, "<root><event>pushCandidate</event><id>w</id><data>"+sealed+"</data></root>"), testKey), http.StatusOK, "true")
	e := h.journal.take()
	if len(e) != 1 || *e[0].ApplicationID != 7 || !e[0].WasEncrypted || e[0].ContentType != "application/json" ||
		string(e[0].Body) != `{"event":"pushCandidate","id":"w","data":{"applicationId":7}}` {
		t.Errorf("%+v", e)
	}
}

// FuzzSOAPHandler: no body with the right token panics or is lost.
func FuzzSOAPHandler(f *testing.F) {
	document := sample(f, "soap_pushCandidate.xml")
	f.Add(around(envelope11, asText(document)), "text/xml")
	f.Add(around(envelope12, asElements(document)), "application/soap+xml; charset=gbk")
	f.Add([]byte(`<?xml version="1.0" encoding="gbk"?><Envelope xmlns="`+envelope11+`"><Header><a/></Header><Body><pushCandidate><data><applicationid>1</applicationid></data></pushCandidate></Body></Envelope>`), "")
	h := open(f)
	f.Fuzz(func(t *testing.T, body []byte, contentType string) {
		w := h.call(body, testKey, contentType)
		entries, letters := h.journal.take(), h.letters.take()
		var a soapAnswer
		if err := xml.Unmarshal(w.Body.Bytes(), &a); err != nil {
			t.Fatal(err)
		}
		taken := a.Return != nil && *a.Return
		if taken != (len(entries) > 0) || taken == (len(letters) == 1) || len(letters) > 1 {
			t.Fatalf("%s with %d entries and %d letters: %q", w.Body, len(entries), len(letters), body)
		}
	})
}
