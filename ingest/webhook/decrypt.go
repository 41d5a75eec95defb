package webhook

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/go-json-experiment/json/jsontext"
)

// ErrUndecryptable says that text is not what the data key and IV encrypt to.
// It never tells more: not whether the hex, the length, the padding or the
// content was wrong.
var ErrUndecryptable = errors.New("the data cannot be decrypted")

// Sizes of the data key and IV, in bytes: AES-256 in blocks of 16.
const (
	dataKeySize = 32
	dataIVSize  = aes.BlockSize
)

// DataCipher opens what Moka puts in place of data where encryption was bought:
// AES-256-CBC with PKCS#7 padding, as hex text. It is immutable and safe for
// concurrent use.
type DataCipher struct {
	block cipher.Block
	iv    []byte
}

// NewDataCipher takes the key of 32 and the IV of 16 characters, used as their
// UTF-8 bytes. In which form Moka hands them over is not documented: the hex or
// base64 (standard or URL alphabet, padded or not) of 32 and 16 bytes will do as
// well. The length tells the forms apart. Errors do not show the key.
func NewDataCipher(key, iv string) (*DataCipher, error) {
	keyBytes, err := secretBytes(key, dataKeySize)
	if err != nil {
		return nil, fmt.Errorf("data key: %w", err)
	}
	ivBytes, err := secretBytes(iv, dataIVSize)
	if err != nil {
		return nil, fmt.Errorf("data IV: %w", err)
	}
	block, err := aes.NewCipher(keyBytes)
	if err != nil {
		return nil, fmt.Errorf("data key: %w", err)
	}
	return &DataCipher{block: block, iv: ivBytes}, nil
}

// secretBytes reads n bytes written as themselves, as hex or as base64.
func secretBytes(s string, n int) ([]byte, error) {
	switch len(s) {
	case n:
		return []byte(s), nil
	case hex.EncodedLen(n):
		if b, err := hex.DecodeString(s); err == nil {
			return b, nil
		}
	case base64.StdEncoding.EncodedLen(n), base64.RawStdEncoding.EncodedLen(n):
		for _, encoding := range []*base64.Encoding{
			base64.StdEncoding, base64.RawStdEncoding, base64.URLEncoding, base64.RawURLEncoding,
		} {
			if b, err := encoding.DecodeString(s); err == nil && len(b) == n {
				return b, nil
			}
		}
	}
	return nil, fmt.Errorf("want %d characters, or hex or base64 of %d bytes", n, n)
}

// looksEncrypted tells whether text has the form of encrypted data: hex of whole
// blocks.
func looksEncrypted(text []byte) bool {
	if len(text)%hex.EncodedLen(aes.BlockSize) != 0 {
		return false
	}
	for _, b := range text {
		digit := '0' <= b && b <= '9' || 'a' <= b && b <= 'f' || 'A' <= b && b <= 'F'
		if !digit {
			return false
		}
	}
	return len(text) > 0
}

// Seal encrypts the JSON of data as Moka does, to the hex text that takes its
// place.
func (c *DataCipher) Seal(data []byte) string {
	pad := aes.BlockSize - len(data)%aes.BlockSize
	text := append(bytes.Clone(data), bytes.Repeat([]byte{byte(pad)}, pad)...)
	cipher.NewCBCEncrypter(c.block, c.iv).CryptBlocks(text, text)
	return hex.EncodeToString(text)
}

// Open decrypts hex text, in either case, to the JSON object it was made from.
// Any failure is ErrUndecryptable.
func (c *DataCipher) Open(text []byte) ([]byte, error) {
	plain, padded, err := c.open(text)
	if err != nil || !padded || !isObject(plain) {
		return nil, ErrUndecryptable
	}
	return plain, nil
}

// open decrypts hex text. Where the padding is not PKCS#7, padded is false and
// plain is all of the decrypted bytes; how long that took tells nothing of it.
func (c *DataCipher) open(text []byte) (plain []byte, padded bool, err error) {
	plain = make([]byte, hex.DecodedLen(len(text)))
	if _, err := hex.Decode(plain, text); err != nil || len(plain) == 0 || len(plain)%aes.BlockSize != 0 {
		return nil, false, ErrUndecryptable
	}
	cipher.NewCBCDecrypter(c.block, c.iv).CryptBlocks(plain, plain)
	pad, ok := padding(plain[len(plain)-aes.BlockSize:])
	return plain[:len(plain)-pad], ok == 1, nil
}

// padding counts the bytes of PKCS#7 padding in the last block, in constant
// time: n bytes of the value n, 1 to 16. Else it is 0, and ok is 0.
func padding(last []byte) (n, ok int) {
	n = int(last[aes.BlockSize-1])
	ok = subtle.ConstantTimeLessOrEq(1, n) & subtle.ConstantTimeLessOrEq(n, aes.BlockSize)
	for i, b := range last {
		inside := subtle.ConstantTimeLessOrEq(aes.BlockSize-i, n)
		equal := subtle.ConstantTimeByteEq(b, byte(n))
		ok &= subtle.ConstantTimeSelect(inside, equal, 1)
	}
	return subtle.ConstantTimeSelect(ok, n, 0), ok
}

func isObject(text []byte) bool {
	value := jsontext.Value(text)
	return value.Kind() == '{' &&
		value.IsValid(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
}
