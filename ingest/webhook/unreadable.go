package webhook

import (
	"crypto/sha256"
	"encoding/hex"

	"github.com/mokafka/mokafka/schemas"
)

// unreadable says why an authentic push could not be taken: a class for counting
// and filtering dead letters, a text for operators, and the answer for HR.
type unreadable struct {
	class  string
	text   string
	answer answer
}

// The reasons. None shows content, and undecryptable does not tell what was
// wrong, so that the answer is of no use to who would guess at ciphertexts.
var (
	notJSON = &unreadable{
		"not_json", "the body of the webhook is not a JSON object", answerNotJSON,
	}
	noEvent = &unreadable{
		"no_event", "the webhook has no event, or not the name of one", answerNoEvent,
	}
	noApplication = &unreadable{
		"no_application", "the webhook names no application, and its event is about one", answerNoApplication,
	}
	tooManyApplications = &unreadable{
		"too_many_applications", "the webhook names more applications than are taken from one", answerTooManyApplications,
	}
	noDataKey = &unreadable{
		"no_data_key", "the data of the webhook is text, encrypted it seems, and WEBHOOK_DATA_KEY is not set", answerUndecryptable,
	}
	undecryptable = &unreadable{
		"undecryptable", "the data of the webhook cannot be decrypted with WEBHOOK_DATA_KEY and WEBHOOK_DATA_IV", answerUndecryptable,
	}
	notXML = &unreadable{
		"not_xml", "the body of the webhook, or the document in it, is not well-formed XML", answerNotXML,
	}
	notSOAP = &unreadable{
		"not_soap", "the webhook is not a SOAP call of pushCandidate with a document", answerNotSOAP,
	}
	hasDTD = &unreadable{
		"dtd", "the XML of the webhook has a document type declaration, which is not taken", answerDTD,
	}
	tooComplex = &unreadable{
		"too_complex", "the XML of the webhook is nested too deeply, or has too many elements", answerTooComplex,
	}
	wrongEncoding = &unreadable{
		"encoding", "the XML of the webhook is not in the encoding that it declares, or in neither UTF-8 nor GBK", answerEncoding,
	}
	notUnderstood = &unreadable{
		"must_understand", "the SOAP call has a header that must be understood, and none is", answerNotUnderstood,
	}
	noCandidate = &unreadable{
		"no_candidate", "the webhook names no candidate", answerNoCandidate,
	}
	tooLargeForJournal = &unreadable{
		"too_large", "the webhook is larger than the journal takes", answerTooLargeToKeep,
	}
)

// letter is the dead letter about a push: its bytes as they were sent, so that
// it can be read again once the reason is gone. Sent again for the same reason,
// it has the same id.
func (u *unreadable) letter(r receipt, sent []byte) schemas.DeadLetter {
	return schemas.DeadLetter{
		ID:          letterID(r.endpoint, u.class, sent),
		Stage:       schemas.DeadLetterStageWebhook,
		ErrorClass:  u.class,
		ErrorText:   u.text,
		OccurredAt:  r.at,
		Attempts:    1,
		OrgID:       &r.org,
		Endpoint:    &r.endpoint,
		ContentType: r.contentType,
		Body:        sent,
	}
}

// letterID is a UUID (version 8, RFC 9562) made of a SHA-256.
func letterID(endpoint, class string, body []byte) string {
	hash := sha256.New()
	for _, part := range []string{endpoint, class} {
		hash.Write([]byte(part)) // a hash never fails
		hash.Write([]byte{0})
	}
	hash.Write(body)
	sum := hash.Sum(nil)[:16]
	sum[6] = sum[6]&0x0f | 0x80
	sum[8] = sum[8]&0x3f | 0x80
	text := hex.EncodeToString(sum)
	return text[:8] + "-" + text[8:12] + "-" + text[12:16] + "-" + text[16:20] + "-" + text[20:]
}
