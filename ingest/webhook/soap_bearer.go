package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// What WEBHOOK_SOAP_BEARER lets Moka's Bearer token be.
const (
	BearerAny       = "any"       // either
	BearerKey       = "key"       // the signing key itself
	BearerSignature = "signature" // a signature like the one of REST
	BearerOff       = "off"       // the SOAP door is closed
)

// Forms in which a SOAP call shows that it is authentic, beside asSent.
const (
	// bearerKey: the token is the signing key.
	bearerKey form = "key"
	// parameter: the token signs the document, not the SOAP around it.
	parameter form = "parameter"
)

// bearer checks Bearer tokens.
//
// Moka documents no more than that "the signature uses the Bearer method":
// whether the token is the signing key or a signature is not known, nor what
// would be signed: the body, or the one parameter, which is all that a caller
// has in hand who leaves the SOAP to a library.
type bearer struct {
	keys   keyring
	accept string
}

// authenticate finds the key, by its index, and the form. document returns the
// parameter as the caller had it, and is asked last, since it has to be read
// first.
func (b *bearer) authenticate(header string, sent []byte, document func() []byte) (key int, f form, err error) {
	scheme, token, _ := strings.Cut(strings.TrimSpace(header), " ")
	token = strings.TrimSpace(token)
	if !strings.EqualFold(scheme, "Bearer") || token == "" {
		return 0, "", errNoSignature
	}
	if b.accept != BearerSignature {
		// Hashes are of one length, so that the time does not tell the key's.
		given := sha256.Sum256([]byte(token))
		for i, key := range b.keys() {
			if want := sha256.Sum256(key); hmac.Equal(given[:], want[:]) {
				return i, bearerKey, nil
			}
		}
	}
	if b.accept == BearerKey {
		return 0, "", errWrongSignature
	}
	want, err := hex.DecodeString(token)
	if err != nil || len(want) != sha256.Size {
		return 0, "", errMalformedSignature
	}
	signatures := authenticator{keys: b.keys}
	if key, ok := signatures.match(want, sent); ok {
		return key, asSent, nil
	}
	if text := document(); text != nil {
		if key, ok := signatures.match(want, text); ok {
			return key, parameter, nil
		}
	}
	return 0, "", errWrongSignature
}
