package webhook

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"

	"github.com/go-json-experiment/json/jsontext"
)

// Sign is the signature of a body as Moka documents it: lower-case hex of
// HMAC-SHA256 with the signing key over the bytes sent. It travels as ?sign=.
func Sign(key string, body []byte) string {
	return hex.EncodeToString(digest([]byte(key), body))
}

func digest(key, body []byte) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write(body) // a hash never fails
	return mac.Sum(nil)
}

// Why a signature was refused; each is the reason of a metric.
var (
	errNoSignature        = errors.New("no signature")
	errMalformedSignature = errors.New("the signature is not hex of 32 bytes")
	errWrongSignature     = errors.New("the signature fits no key")
)

// form says in which form a body carried its signature.
type form string

const (
	// asSent: over the bytes of the request. What Moka documents.
	asSent form = "as_sent"
	// reformatted: over the compact form of the JSON, its keys in their order.
	// A proxy on the way has written the body anew.
	reformatted form = "reformatted"
	// beforeEncryption: over the compact form with data as it was before its
	// encryption. Moka does not document whether it signs before or after.
	beforeEncryption form = "before_encryption"
)

// authentic is a body whose signature was found right.
type authentic struct {
	// body is the bytes that were signed.
	body []byte
	form form
	// key is the index of the signing key.
	key int
	// decrypted: data came encrypted, and body holds it in the clear.
	decrypted bool
}

// keyring are the signing keys as they are now. Each call may return others.
type keyring func() [][]byte

// fixed is the keyring that never changes.
func fixed(keys []string) keyring {
	all := keysOf(keys)
	return func() [][]byte { return all }
}

func keysOf(texts []string) [][]byte {
	all := make([][]byte, 0, len(texts))
	for _, text := range texts {
		all = append(all, []byte(text))
	}
	return all
}

// authenticator checks signatures.
type authenticator struct {
	keys keyring
	data *DataCipher // nil without keys for data
}

// readSignature reads a signature, hex in either case.
func readSignature(sign string) (want []byte, err error) {
	if sign == "" {
		return nil, errNoSignature
	}
	if len(sign) != hex.EncodedLen(sha256.Size) {
		return nil, errMalformedSignature
	}
	if want, err = hex.DecodeString(sign); err != nil {
		return nil, errMalformedSignature
	}
	return want, nil
}

// asSent tells whether the bytes sent carry the signature. Any key will do, so
// that keys can be rotated. It takes no memory.
func (a *authenticator) asSent(want, sent []byte) (authentic, bool) {
	key, ok := a.match(want, sent)
	return authentic{body: sent, form: asSent, key: key}, ok
}

// readingJSON is how many times its size otherForms takes at most: compact,
// stringified, the data's cipher text and clear text, and both forms of the body
// with that in it.
const readingJSON = 6

// otherForms looks for the signature where the bytes sent do not carry it, which
// costs a reading of the JSON.
func (a *authenticator) otherForms(want, sent []byte) (authentic, error) {
	compact, err := compacted(sent)
	if err != nil {
		return authentic{}, errWrongSignature
	}
	if body, key, ok := a.matchJSON(want, compact); ok {
		return authentic{body: body, form: reformatted, key: key}, nil
	}
	return a.authenticateDecrypted(want, compact)
}

// authenticateDecrypted looks for a signature made before data was encrypted.
//
// The ciphertext is not authenticated here, so nothing may tell a caller with
// ciphertexts of his own making whether the padding was right: the same work is
// done either way, and the one answer is that the signature is wrong.
func (a *authenticator) authenticateDecrypted(want, compact []byte) (authentic, error) {
	if a.data == nil {
		return authentic{}, errWrongSignature
	}
	env, err := ReadEnvelope(compact, nil)
	if err != nil || env.cipherText == nil {
		return authentic{}, errWrongSignature
	}
	plain, padded, err := a.data.open(env.cipherText)
	if err != nil {
		return authentic{}, errWrongSignature
	}
	body, key, ok := a.matchJSON(want, env.splice(compact, plain))
	if !ok || !padded {
		return authentic{}, errWrongSignature
	}
	return authentic{body: body, form: beforeEncryption, key: key, decrypted: true}, nil
}

// matchJSON tries text as it is, then as JSON.stringify writes strings: without
// the escapes that only a writer between us and Moka would have put in.
func (a *authenticator) matchJSON(want, text []byte) (body []byte, key int, ok bool) {
	if key, ok = a.match(want, text); ok {
		return text, key, true
	}
	plain, err := stringified(text)
	if err != nil || bytes.Equal(plain, text) {
		return nil, 0, false
	}
	key, ok = a.match(want, plain)
	return plain, key, ok
}

// match compares in constant time, key by key. That it ends at the key that fits
// tells only which key signed.
func (a *authenticator) match(want, body []byte) (key int, ok bool) {
	for i, key := range a.keys() {
		if hmac.Equal(want, digest(key, body)) {
			return i, true
		}
	}
	return 0, false
}

// compacted is JSON without white space, everything else as it was.
func compacted(text []byte) ([]byte, error) {
	return jsontext.AppendFormat(make([]byte, 0, len(text)), text,
		jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true), jsontext.PreserveRawStrings(true))
}

// stringified is JSON without white space and with strings in their shortest
// form, which is that of JSON.stringify; numbers stay as they were.
func stringified(text []byte) ([]byte, error) {
	return jsontext.AppendFormat(make([]byte, 0, len(text)), text,
		jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
}
