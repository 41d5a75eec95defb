package push

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/mokafka/mokafka/internal/mokasim/payload"
)

// Keys are the secrets of one webhook.
type Keys struct {
	Signing string
	Old     string // the signing key before the last rotation; "" if there was none
	Data    string // 32 bytes; "" if encryption was not bought
	DataIV  string // 16 bytes

	ZhirenAccess, ZhirenSecret string // of the Zhiren receiver; "" if it is not used
}

// Which signing key to use.
const (
	KeyCurrent = "current"
	KeyOld     = "old"
	KeyWrong   = "wrong" // one that nobody has
	KeyNone    = "none"  // no sign parameter at all
)

// Errors of Seal and Check: the keys do not allow what was asked for.
var (
	ErrNoOldKey   = errors.New("there is no old signing key (SIM_OLD_SIGNING_KEY)")
	ErrNoDataKey  = errors.New("there is no data key (SIM_DATA_KEY, SIM_DATA_IV)")
	ErrUnknownKey = errors.New("unknown key: want current, old, wrong or none")
	ErrNoZhiren   = errors.New("there is no key of the Zhiren receiver (SIM_ZHIREN_KEY)")
	ErrManner     = errors.New("the door does not do this: soap and zhiren take pushCandidate alone; elements and signedToken are soap's; zhiren has no encryption and no old key")
)

// Manner is how to seal one push. The zero value is a clear push, signed with
// the current key.
type Manner struct {
	Encrypt             bool
	SignBeforeEncrypted bool   // the signature is of the body in its clear form
	Key                 string // "" is KeyCurrent
	Tamper              bool   // one byte of the body changes after it was signed

	Door        string // "" is DoorREST
	Elements    bool   // SOAP: the document as elements, not as a text
	SignedToken bool   // SOAP: the token signs the body; else it is the signing key
}

// Message is a webhook ready to be sent.
type Message struct {
	Webhook payload.Webhook
	Manner  Manner
	Body    []byte
	Sign    string // "": send without

	ContentType string
	Token       string // Bearer token; "": send without
}

// Check tells whether Seal could do what is asked for.
func (k Keys) Check(manner Manner) error {
	switch {
	case manner.Encrypt && k.Data == "":
		return ErrNoDataKey
	case manner.Door == DoorZhiren && k.ZhirenSecret == "":
		return ErrNoZhiren
	case manner.Door == DoorZhiren && (manner.Encrypt || manner.Key == KeyOld),
		manner.Door != DoorSOAP && (manner.Elements || manner.SignedToken):
		return ErrManner
	case manner.Key == KeyOld && k.Old == "":
		return ErrNoOldKey
	}
	switch manner.Key {
	case "", KeyCurrent, KeyOld, KeyWrong, KeyNone:
		return nil
	default:
		return ErrUnknownKey
	}
}

// Seal encrypts and signs a webhook.
func (k Keys) Seal(webhook payload.Webhook, manner Manner) (Message, error) {
	if err := k.Check(manner); err != nil {
		return Message{}, err
	}
	message := Message{Webhook: webhook, Manner: manner, ContentType: "application/json"}
	if manner.Door == DoorZhiren {
		if err := k.sealZhiren(&message); err != nil {
			return Message{}, fmt.Errorf("write %s: %w", webhook.Event, err)
		}
		return message, nil
	}
	body, err := webhook.Body(nil)
	if err != nil {
		return Message{}, fmt.Errorf("write %s: %w", webhook.Event, err)
	}
	signed := body
	if manner.Encrypt {
		secret, err := Encrypt(k.Data, k.DataIV, webhook.Data)
		if err != nil {
			return Message{}, fmt.Errorf("encrypt %s: %w", webhook.Event, err)
		}
		if body, err = webhook.Body(secret); err != nil {
			return Message{}, fmt.Errorf("write encrypted %s: %w", webhook.Event, err)
		}
		if !manner.SignBeforeEncrypted {
			signed = body
		}
	}
	if manner.Door == DoorSOAP {
		if err := k.sealSOAP(&message, body); err != nil {
			return Message{}, fmt.Errorf("write %s: %w", webhook.Event, err)
		}
		return message, nil
	}
	if key := k.signing(manner.Key); key != "" {
		message.Sign = Sign(key, signed)
	}
	if manner.Tamper {
		body = tampered(body, `"triggeredAt":`)
	}
	message.Body = body
	return message, nil
}

// tampered changes the digit that follows the first mark that there is, so that
// the body still reads well.
func tampered(body []byte, marks ...string) []byte {
	at := 0
	for _, mark := range marks {
		if found := bytes.Index(body, []byte(mark)); found >= 0 {
			at = found + len(mark)
			break
		}
	}
	changed := bytes.Clone(body)
	changed[at] = '0' + (changed[at]-'0')%9 + 1 // never a leading zero
	return changed
}
