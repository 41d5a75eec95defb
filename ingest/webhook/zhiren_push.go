package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/mokafka/mokafka/schemas"
)

// SignZhiren is the signature of a push to the Zhiren receiver as Moka documents
// it: lower-case hex of HMAC-SHA256 with the secret over method, path, access
// key, tonce (Unix seconds) and the payload's text, one after the other.
func SignZhiren(secret, method, path, accessKey, tonce string, payload []byte) string {
	return hex.EncodeToString(zhirenDigest([]byte(secret), method, path, accessKey, tonce, payload))
}

func zhirenDigest(secret []byte, method, path, accessKey, tonce string, payload []byte) []byte {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(method + path + accessKey + tonce)) // a hash never fails
	mac.Write(payload)
	return mac.Sum(nil)
}

// zhirenKeys are the pairs of access key and secret. They are immutable.
type zhirenKeys []zhirenKey

type zhirenKey struct {
	access string
	secret []byte
}

// parseZhirenKeys reads access_key:secret, once for each access key.
func parseZhirenKeys(pairs []string) (zhirenKeys, error) {
	var keys zhirenKeys
	seen := map[string]bool{}
	for i, pair := range pairs {
		access, secret, ok := strings.Cut(pair, ":")
		switch {
		case !ok, access == "", secret == "":
			return nil, fmt.Errorf("key %d is not of the form access_key:secret", i+1)
		case seen[access]:
			return nil, fmt.Errorf("the access key of key %d is there twice", i+1)
		}
		seen[access] = true
		keys = append(keys, zhirenKey{access, []byte(secret)})
	}
	return keys, nil
}

var errUnknownAccessKey = errors.New("the access key is not known")

// authenticate finds the key, by its index, and the payload that was signed. Any
// of the paths will do.
//
// Forms write a space as + and a plus as %2B. A sender who forgets the second
// has signed a plus where a form has a space; his signature tells.
func (k zhirenKeys) authenticate(method string, paths []string, f zhirenForm) (key int, payload []byte, err error) {
	if f.signature == "" {
		return 0, nil, errNoSignature
	}
	want, err := hex.DecodeString(f.signature)
	if err != nil || len(want) != sha256.Size {
		return 0, nil, errMalformedSignature
	}
	for i, key := range k {
		if !hmac.Equal([]byte(key.access), []byte(f.accessKey)) {
			continue
		}
		for _, path := range paths {
			for _, text := range [][]byte{f.payload, f.plain} {
				if text != nil && hmac.Equal(want, zhirenDigest(key.secret, method, path, f.accessKey, f.tonce, text)) {
					return i, text, nil
				}
			}
		}
		return 0, nil, errWrongSignature
	}
	return 0, nil, errUnknownAccessKey
}

// readZhiren reads the payload as far as the journal needs it: its id, which is
// the candidate's and need not be a number. There is no application's, so one is
// derived from it (schemas.DerivedApplicationID).
//
// There is no id of the push either. It is a hash of the payload and the tonce:
// one push that comes twice is one, pressed again a second later it is another.
func readZhiren(payload []byte, tonce time.Time) (*push, *unreadable) {
	candidate, err := zhirenID(payload)
	switch {
	case err != nil:
		return nil, notJSON
	case candidate == "" || len(candidate) > maxName:
		return nil, noCandidate
	}
	signed := append(strconv.AppendInt(nil, tonce.Unix(), 10), '\n')
	p := &push{known: eventPushCandidate, body: payload}
	p.ID, p.Event, p.TriggeredAt = hashID(append(signed, payload...)), eventPushCandidate, tonce
	p.Applications = []int64{schemas.DerivedApplicationID(candidate)}
	return p, nil
}

// zhirenID is the id of the payload, "" where it has none. It reads all of the
// payload, and so proves it to be a JSON object.
func zhirenID(payload []byte) (string, error) {
	dec := lenientDecoder(payload)
	if dec.PeekKind() != '{' {
		return "", ErrNotObject
	}
	id := ""
	err := eachMember(dec, func(name jsontext.Value) error {
		var folded [16]byte
		if string(fold(folded[:0], name)) != "id" {
			_, err := dec.ReadValue()
			return err
		}
		return readScalar(dec, func(s scalar) { id = s.text })
	})
	if err != nil || !ended(dec) {
		return "", ErrNotJSON
	}
	return id, nil
}
