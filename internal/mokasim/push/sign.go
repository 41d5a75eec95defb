package push

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
)

// Sign is the signature of a body.
func Sign(key string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write(body)
	return hex.EncodeToString(mac.Sum(nil))
}

// Encrypt gives the hex text that takes the place of data. The key has 32 bytes
// and the IV 16; other lengths are an error.
func Encrypt(key, iv string, data []byte) (string, error) {
	if len(key) != 32 || len(iv) != aes.BlockSize {
		return "", fmt.Errorf("AES-256-CBC takes a key of 32 bytes and an IV of 16, not %d and %d", len(key), len(iv))
	}
	block, err := aes.NewCipher([]byte(key))
	if err != nil {
		return "", fmt.Errorf("prepare AES: %w", err)
	}
	padding := aes.BlockSize - len(data)%aes.BlockSize
	padded := make([]byte, len(data)+padding)
	copy(padded, data)
	for i := len(data); i < len(padded); i++ {
		padded[i] = byte(padding)
	}
	cipher.NewCBCEncrypter(block, []byte(iv)).CryptBlocks(padded, padded)
	return hex.EncodeToString(padded), nil
}
