package webhook_test

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"encoding/hex"
	"errors"
	"net/http"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/mokafka/mokafka/ingest/webhook"
)

// What openssl enc -aes-256-cbc makes of sealedText with dataKey and dataIV.
const (
	sealedText = `{"applicationId":12798,"name":"邵旭冬"}`
	sealedHex  = "991cc00c775cc22f0cf09e5826b982639e0d15994613bc4375afb113b50f8294140b622cb04344a05a266a0d39c69e88"
)

var keyForms = map[string][2]string{
	"characters":       {dataKey, dataIV},
	"hex":              {hex.EncodeToString([]byte(dataKey)), strings.ToUpper(hex.EncodeToString([]byte(dataIV)))},
	"base64":           {"MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlBQkNERUY=", "ZmVkY2JhOTg3NjU0MzIxMA=="},
	"base64, unpadded": {"MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlBQkNERUY", "ZmVkY2JhOTg3NjU0MzIxMA"},
	"mixed":            {dataKey, "ZmVkY2JhOTg3NjU0MzIxMA=="},
}

func TestKeyForms(t *testing.T) {
	for name, form := range keyForms {
		t.Run(name, func(t *testing.T) {
			c, err := webhook.NewDataCipher(form[0], form[1])
			if err != nil {
				t.Fatal(err)
			}
			if got := c.Seal([]byte(sealedText)); got != sealedHex {
				t.Errorf("sealed to %s, openssl makes %s", got, sealedHex)
			}
			for _, text := range []string{sealedHex, strings.ToUpper(sealedHex)} {
				if got, err := c.Open([]byte(text)); err != nil || string(got) != sealedText {
					t.Errorf("opened to %q, %v", got, err)
				}
			}
		})
	}
	url := strings.NewReplacer("+", "-", "/", "_").Replace("+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/8=")
	if _, err := webhook.NewDataCipher(url, dataIV); err != nil {
		t.Errorf("base64 in the URL alphabet: %v", err)
	}
}

func TestUnfitKeys(t *testing.T) {
	for _, bad := range [][2]string{
		{"", dataIV}, {dataKey, ""}, {dataKey[1:], dataIV}, {dataKey + "x", dataIV}, {dataKey, dataIV[1:]},
		{strings.Repeat("g", 64), dataIV}, {strings.Repeat("!", 44), dataIV},
		{strings.Repeat("A", 44), dataIV}, // base64 of 33 bytes
		{strings.Repeat("钥", 32), dataIV},
	} {
		_, err := webhook.NewDataCipher(bad[0], bad[1])
		if err == nil {
			t.Errorf("key %q with IV %q was taken", bad[0], bad[1])
		} else if bad[0] != "" && strings.Contains(err.Error(), bad[0]) {
			t.Errorf("the error shows the key: %v", err)
		}
	}
}

func TestSealAndOpenAreInverse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		key := string(rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "key"))
		iv := string(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "iv"))
		c, err := webhook.NewDataCipher(key, iv)
		if err != nil {
			t.Fatal(err)
		}
		data := []byte(`{"` + strings.Repeat("a", rapid.IntRange(0, 70).Draw(t, "length")) + `":1}`)
		sealed := c.Seal(data)
		got, err := c.Open([]byte(sealed))
		if err != nil || !bytes.Equal(got, data) {
			t.Fatalf("opened to %q, %v", got, err)
		}
		cut := rapid.IntRange(0, len(sealed)-1).Draw(t, "cut")
		if _, err := c.Open([]byte(sealed[:cut])); !errors.Is(err, webhook.ErrUndecryptable) {
			t.Fatalf("cut to %d characters: %v", cut, err)
		}
	})
}

// raw encrypts without padding: the last bytes are what a test wants them to be.
func raw(t testing.TB, text []byte) []byte {
	t.Helper()
	block, err := aes.NewCipher([]byte(dataKey))
	if err != nil {
		t.Fatal(err)
	}
	out := make([]byte, len(text))
	cipher.NewCBCEncrypter(block, []byte(dataIV)).CryptBlocks(out, text)
	return []byte(hex.EncodeToString(out))
}

func TestPaddingIsStrict(t *testing.T) {
	c, err := webhook.NewDataCipher(dataKey, dataIV)
	if err != nil {
		t.Fatal(err)
	}
	padded := func(text string, pad ...byte) []byte { return append([]byte(text), pad...) }
	sixteen := bytes.Repeat([]byte{16}, 16)
	good := map[string][]byte{
		"one byte":      padded(`{"a":12345678}`+" ", 1),
		"a whole block": padded(`{"a":1234567890}`, sixteen...),
	}
	for name, text := range good {
		if _, err := c.Open(raw(t, text)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	bad := map[string][]byte{
		"zero":                   padded(`{"a":12345678}`+" ", 0),
		"more than a block":      padded(`{"a":12345678}`+" ", 17),
		"two, but one wrong":     padded(`{"a":12345678}`, 1, 2),
		"sixteen, first wrong":   padded(`{"a":1234567890}`, append([]byte{15}, sixteen[1:]...)...),
		"none":                   padded(`{"a":1234567890}`),
		"nothing but padding":    sixteen,
		"right, but not JSON":    padded(`{"a":12345678`+"  ", 1),
		"right, but a list":      padded(`[1,2,3,4,5,6,7]`, 1),
		"right, but two objects": padded(`{}`+`{"a":12345678}`+"               ", 1),
	}
	for name, text := range bad {
		if len(text)%16 != 0 {
			t.Fatalf("%s: a test of %d bytes", name, len(text))
		}
		if _, err := c.Open(raw(t, text)); !errors.Is(err, webhook.ErrUndecryptable) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestPaddingOfABlock(t *testing.T) {
	for n := range 256 {
		for flipped := range 16 {
			block := bytes.Repeat([]byte{byte(n)}, 16)
			block[flipped] ^= 0x80
			want := int(block[15])
			if want < 1 || want > 16 || !bytes.Equal(block[16-want:], bytes.Repeat(block[15:], want)) {
				want = 0
			}
			if got, ok := webhook.Padding(block); got != want || ok != (want != 0) {
				t.Fatalf("% x: padding %d, %t, want %d", block, got, ok, want)
			}
		}
		want := n
		if n > 16 {
			want = 0
		}
		if got, ok := webhook.Padding(bytes.Repeat([]byte{byte(n)}, 16)); got != want || ok != (want != 0) {
			t.Fatalf("all %d: padding %d, %t", n, got, ok)
		}
	}
}

// TestEncryptedPushes: both forms of the keys, both orders of signing, and the
// journal holds data in the clear.
func TestEncryptedPushes(t *testing.T) {
	for name, form := range keyForms {
		for order, signBefore := range map[string]bool{"signed before": true, "signed after": false} {
			t.Run(name+", "+order, func(t *testing.T) {
				h := open(t, "WEBHOOK_DATA_KEY="+form[0], "WEBHOOK_DATA_IV="+form[1])
				for _, inClear := range [][]byte{pushSample(t), interviewSample(t)} {
					sent := encrypted(t, inClear)
					sign := webhook.Sign(testKey, sent)
					if signBefore {
						sign = webhook.Sign(testKey, inClear)
					}
					wantAnswer(t, h.post(sent, sign), http.StatusOK)
					got := h.journal.take()
					if len(got) != 1 || !bytes.Equal(got[0].Body, inClear) || !got[0].WasEncrypted {
						t.Errorf("journaled %d entries, or not in the clear", len(got))
					}
				}
			})
		}
	}
}

// TestClearPushWithKeysSet: encryption may be bought, or dropped, at any time.
func TestClearPushWithKeysSet(t *testing.T) {
	h := open(t, encrypting...)
	wantAnswer(t, h.push(pushSample(t)), http.StatusOK)
	if got := h.journal.take(); len(got) != 1 || got[0].WasEncrypted {
		t.Error("a clear push was taken for an encrypted one")
	}
}

func TestReformattedEncryptedPush(t *testing.T) {
	h := open(t, encrypting...)
	inClear := pushSample(t)
	sent := bytes.Replace(encrypted(t, inClear), []byte(`,"data":`), []byte(",\n  \"data\" : "), 1)
	wantAnswer(t, h.post(sent, webhook.Sign(testKey, inClear)), http.StatusOK)
	if got := h.journal.take(); len(got) != 1 || !bytes.Equal(got[0].Body, inClear) {
		t.Error("the journal does not hold the bytes that were signed")
	}
}

// TestUndecryptableAnswersAreAllTheSame: nothing tells who sends ciphertexts of
// his own making whether their padding was right.
func TestUndecryptableAnswersAreAllTheSame(t *testing.T) {
	h := open(t, encrypting...)
	text := []byte(`{"id":"1","event":"pushCandidate","data":"`)
	var last [2]string
	for name, data := range map[string]string{
		"padding wrong":  string(raw(t, append(bytes.Repeat([]byte(" "), 31), 0))),
		"padding right":  string(raw(t, append(bytes.Repeat([]byte(" "), 31), 1))),
		"a list":         string(raw(t, append([]byte(`[1,2,3,4,5,6,7]`), 1))),
		"half a block":   sealedHex[:16],
		"odd":            sealedHex[:33],
		"not hex":        "this is no ciphertext at all ...",
		"another's data": strings.Repeat("00", 64),
	} {
		body := append(append(bytes.Clone(text), data...), `"}`...)

		authentic := h.push(body)
		wantAnswer(t, authentic, http.StatusUnprocessableEntity)
		if got := h.letters.take(); len(got) != 1 || got[0].ErrorClass != "undecryptable" || !bytes.Equal(got[0].Body, body) {
			t.Errorf("%s: dead letters %+v", name, got)
		}
		forged := h.post(body, webhook.Sign("another key", body))
		wantAnswer(t, forged, http.StatusUnauthorized)
		h.wantNothingKept(t)

		answers := [2]string{authentic.Body.String(), forged.Body.String()}
		if last != [2]string{} && last != answers {
			t.Errorf("%s: answered %q, others %q", name, answers, last)
		}
		last = answers
	}
}

func TestEncryptedPushWithoutKey(t *testing.T) {
	h := open(t)
	sent := encrypted(t, pushSample(t))
	wantAnswer(t, h.push(sent), http.StatusUnprocessableEntity)
	if got := h.letters.take(); len(got) != 1 || got[0].ErrorClass != "no_data_key" || !bytes.Equal(got[0].Body, sent) {
		t.Errorf("dead letters %+v", got)
	}
}

func FuzzDataCipher(f *testing.F) {
	f.Add([]byte(sealedHex))
	f.Add([]byte(strings.Repeat("0", 64)))
	f.Add([]byte("zz"))
	f.Add(raw(f, append(bytes.Repeat([]byte(" "), 31), 1)))
	c, err := webhook.NewDataCipher(dataKey, dataIV)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		plain, err := c.Open(text)
		if err != nil {
			if !errors.Is(err, webhook.ErrUndecryptable) {
				t.Fatal(err)
			}
			return
		}
		if again := c.Seal(plain); !strings.EqualFold(again, string(text)) {
			t.Fatalf("%q opens to what seals to %q", text, again)
		}
	})
}
