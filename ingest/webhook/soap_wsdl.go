package webhook

import (
	_ "embed"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// wsdl is WSDL 1.1, document/literal wrapped, for SOAP 1.1 and 1.2. The address
// is put in where it says so.
//
//go:embed soap.wsdl
var wsdl string

const placeAddress = "{address}"

// describe answers with the WSDL.
func (d *soap) describe(w http.ResponseWriter, r *http.Request) outcome {
	base := d.base
	if base == "" {
		scheme := "http://"
		if r.TLS != nil {
			scheme = "https://"
		}
		base = scheme + r.Host
	}
	body := strings.ReplaceAll(wsdl, placeAddress, escaped(base+SOAPPath))
	h := w.Header()
	h.Set("Content-Type", "text/xml; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("X-Content-Type-Options", "nosniff")
	if r.Method == http.MethodGet {
		_, _ = w.Write([]byte(body))
	}
	return outcome{eventUnread, "wsdl"}
}

// baseOf is the address under which all doors are, given that of one of them or
// their common one; "" for none.
func baseOf(public string) string {
	u, err := url.Parse(public)
	if err != nil || u.Host == "" {
		return ""
	}
	path := strings.TrimRight(u.EscapedPath(), "/")
	for _, door := range []string{SOAPPath, RESTPath, ZhirenPath} {
		if before, ok := strings.CutSuffix(path, door); ok {
			path = before
			break
		}
	}
	return u.Scheme + "://" + u.Host + path
}
