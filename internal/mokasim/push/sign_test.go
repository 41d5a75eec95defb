package push_test

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"encoding/hex"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/mokafka/mokafka/internal/mokasim/payload"
	"github.com/mokafka/mokafka/internal/mokasim/push"
)

const (
	dataKey = "0123456789abcdef0123456789abcdef"
	dataIV  = "fedcba9876543210"
)

var keys = push.Keys{Signing: "qwer", Old: "asdf", Data: dataKey, DataIV: dataIV}

func webhook() payload.Webhook {
	return payload.Webhook{
		ID: "f353e5ce-17e0-4783-bee4-4a6b734b20fe", Event: payload.PushCandidate, TriggeredAt: 1505296287,
		ApplicationIDs: []int64{12798}, Data: json.RawMessage(`{"applicationId":12798,"name":"邵旭冬 & <b>"}`),
	}
}

// Moka documents this pair.
func TestSignVector(t *testing.T) {
	const want = "7d6981ccf0d789e29e4f5940fe9a7e9385d8a211ad44ecaaba335fb14dd2a32d"
	if got := push.Sign("qwer", []byte(`{"name":"test","email":"test@mokahr.com"}`)); got != want {
		t.Errorf("signature %s, want %s", got, want)
	}
}

func TestSealSignsTheBytesSent(t *testing.T) {
	message, err := keys.Seal(webhook(), push.Manner{})
	if err != nil {
		t.Fatal(err)
	}
	want := `{"id":"f353e5ce-17e0-4783-bee4-4a6b734b20fe","event":"pushCandidate","triggeredAt":1505296287,` +
		`"data":{"applicationId":12798,"name":"邵旭冬 & <b>"}}`
	if string(message.Body) != want {
		t.Errorf("body %s\nwant %s", message.Body, want)
	}
	if message.Sign != push.Sign("qwer", message.Body) {
		t.Error("the signature is not that of the body")
	}
}

func TestEncryptionOpensAgain(t *testing.T) {
	data := []byte(webhook().Data)
	for length := range 40 { // every padding, whole blocks included
		data := bytes.Repeat([]byte("x"), length)
		text, err := push.Encrypt(dataKey, dataIV, data)
		if err != nil {
			t.Fatal(err)
		}
		if got := open(t, text); !bytes.Equal(got, data) {
			t.Errorf("%d bytes opened as %q", length, got)
		}
	}
	message, err := keys.Seal(webhook(), push.Manner{Encrypt: true})
	if err != nil {
		t.Fatal(err)
	}
	var sent struct {
		ID          string `json:"id"`
		Event       string `json:"event"`
		TriggeredAt int64  `json:"triggeredAt"`
		Data        string `json:"data"`
	}
	if err := json.Unmarshal(message.Body, &sent); err != nil {
		t.Fatal(err)
	}
	if sent.Event != payload.PushCandidate || sent.TriggeredAt != 1505296287 || sent.ID == "" {
		t.Errorf("the envelope is not in clear: %+v", sent)
	}
	if sent.Data != strings.ToLower(sent.Data) {
		t.Errorf("hex is not lower-case: %s", sent.Data)
	}
	if got := open(t, sent.Data); !bytes.Equal(got, data) {
		t.Errorf("data opened as %s", got)
	}
	if message.Sign != push.Sign("qwer", message.Body) {
		t.Error("the encrypted body is not signed as sent")
	}
	before, err := keys.Seal(webhook(), push.Manner{Encrypt: true, SignBeforeEncrypted: true})
	if err != nil {
		t.Fatal(err)
	}
	plain, err := webhook().Body(nil)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(before.Body, message.Body) || before.Sign != push.Sign("qwer", plain) {
		t.Error("signed before encryption means: the same body, the signature of the clear one")
	}
}

// open decrypts with nothing but the standard library.
func open(t *testing.T, text string) []byte {
	t.Helper()
	data, err := hex.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	block, err := aes.NewCipher([]byte(dataKey))
	if err != nil {
		t.Fatal(err)
	}
	if len(data) == 0 || len(data)%16 != 0 {
		t.Fatalf("%d bytes are no blocks", len(data))
	}
	cipher.NewCBCDecrypter(block, []byte(dataIV)).CryptBlocks(data, data)
	padding := int(data[len(data)-1])
	if padding < 1 || padding > 16 || !bytes.Equal(data[len(data)-padding:], bytes.Repeat([]byte{byte(padding)}, padding)) {
		t.Fatalf("the padding is not PKCS#7: % x", data[len(data)-16:])
	}
	return data[:len(data)-padding]
}

func TestManners(t *testing.T) {
	plain, err := keys.Seal(webhook(), push.Manner{})
	if err != nil {
		t.Fatal(err)
	}
	tampered, err := keys.Seal(webhook(), push.Manner{Tamper: true})
	if err != nil {
		t.Fatal(err)
	}
	different := 0
	for i := range plain.Body {
		if plain.Body[i] != tampered.Body[i] {
			different++
		}
	}
	if different != 1 || tampered.Sign != plain.Sign || !json.Valid(tampered.Body) {
		t.Errorf("tampering changed %d bytes: %s", different, tampered.Body)
	}
	for key, sign := range map[string]string{
		push.KeyCurrent: push.Sign("qwer", plain.Body), push.KeyOld: push.Sign("asdf", plain.Body), push.KeyNone: "",
	} {
		if message, err := keys.Seal(webhook(), push.Manner{Key: key}); err != nil || message.Sign != sign {
			t.Errorf("key %q signed %q (%v), want %q", key, message.Sign, err, sign)
		}
	}
	if wrong, err := keys.Seal(webhook(), push.Manner{Key: push.KeyWrong}); err != nil || len(wrong.Sign) != 64 || wrong.Sign == plain.Sign {
		t.Errorf("a wrong key signed %q (%v)", wrong.Sign, err)
	}
}

func TestSealRefuses(t *testing.T) {
	bare := push.Keys{Signing: "qwer"}
	for want, manner := range map[error]push.Manner{
		push.ErrNoDataKey: {Encrypt: true}, push.ErrNoOldKey: {Key: push.KeyOld}, push.ErrUnknownKey: {Key: "newest"},
	} {
		if _, err := bare.Seal(webhook(), manner); !errors.Is(err, want) {
			t.Errorf("%+v: %v, want %v", manner, err, want)
		}
	}
	if _, err := push.Encrypt("short", dataIV, nil); err == nil {
		t.Error("a short key encrypts")
	}
}
