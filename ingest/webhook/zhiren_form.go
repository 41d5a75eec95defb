package webhook

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/url"
	"strconv"
	"strings"
)

// errNotForm says that a body is not a form with the documented fields, each
// once.
var errNotForm = errors.New("the body is not a form with payload, access_key, tonce and signature, each once")

// zhirenForm is the fields that Moka documents, as they were sent.
type zhirenForm struct {
	payload   []byte
	accessKey string
	tonce     string
	seconds   int64 // tonce read
	signature string
	// plain is the payload with each + left as it is, which is not how forms are
	// read; nil where that makes no difference.
	plain []byte
}

// Bounds of a form. Moka's has four fields.
const (
	maxFormFields = 32
	maxFormField  = 1024 // of any field but payload
)

// readForm reads a form, urlencoded or multipart, in whatever order its fields
// are. Fields of other names are passed over.
func readForm(body []byte, contentType string) (zhirenForm, error) {
	media, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		return zhirenForm{}, errNotForm
	}
	f := zhirenForm{}
	fields := map[string]*string{"access_key": &f.accessKey, "tonce": &f.tonce, "signature": &f.signature}
	seen := map[string]bool{}
	set := func(name string, value []byte) error {
		target, known := fields[name]
		switch {
		case !known && name != "payload":
			return nil
		case seen[name], known && len(value) > maxFormField:
			return errNotForm // which of two was signed is a matter of taste
		case known:
			*target = string(value)
		default:
			f.payload = value
		}
		seen[name] = true
		return nil
	}
	switch media {
	case "application/x-www-form-urlencoded":
		err = eachPair(body, func(name, raw string) error {
			value, err := url.QueryUnescape(raw)
			if err != nil {
				return errNotForm
			}
			if name == "payload" && strings.Contains(raw, "+") {
				plain, _ := url.PathUnescape(raw) // it fails where the other does
				f.plain = []byte(plain)
			}
			return set(name, []byte(value))
		})
	case "multipart/form-data":
		err = eachPart(body, params["boundary"], set)
	default:
		return zhirenForm{}, errNotForm
	}
	if err != nil || len(seen) != len(fields)+1 {
		return zhirenForm{}, errNotForm
	}
	if f.seconds, err = strconv.ParseInt(f.tonce, 10, 64); err != nil || f.seconds < 0 || f.seconds > secondsEnd {
		return zhirenForm{}, errNotForm
	}
	return f, nil
}

// eachPair calls f for each pair of an urlencoded form, the value still encoded.
func eachPair(body []byte, f func(name, raw string) error) error {
	if bytes.Count(body, []byte("&")) >= maxFormFields {
		return errNotForm
	}
	for pair := range strings.SplitSeq(string(body), "&") {
		name, raw, _ := strings.Cut(pair, "=")
		name, err := url.QueryUnescape(name)
		if err != nil {
			return errNotForm
		}
		if err := f(name, raw); err != nil {
			return err
		}
	}
	return nil
}

// eachPart calls f for each field of a multipart form.
func eachPart(body []byte, boundary string, f func(name string, value []byte) error) error {
	if boundary == "" {
		return errNotForm
	}
	parts := multipart.NewReader(bytes.NewReader(body), boundary)
	for range maxFormFields {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return errNotForm
		}
		value, err := io.ReadAll(part)
		if err != nil {
			return errNotForm
		}
		if err := f(part.FormName(), value); err != nil {
			return err
		}
	}
	return errNotForm
}

// digest tells requests apart that are authentic: what was signed, under the key
// it was signed with.
func (f *zhirenForm) digest() [sha256.Size]byte {
	return sha256.Sum256([]byte(f.accessKey + "\x00" + strings.ToLower(f.signature)))
}
