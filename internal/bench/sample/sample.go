// Package sample makes webhooks to measure with: the documents that Moka shows
// as examples, compact as JSON.stringify writes them, each with an id of its own
// and of one of many candidates, whose texts differ.
//
// Members that differ from one webhook to the next are moved to the end, which
// JSON allows: the signature of all that comes before is then worked out once,
// and a load generator spends its time on load. Who checks the signature still
// reads every byte. The length of a kind of webhook is always the same.
package sample

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"strconv"
)

//go:embed testdata/webhook_pushCandidate.json
var pushDocument []byte

//go:embed testdata/webhook_createInterviewsInfo.json
var interviewDocument []byte

// FirstApplication is the id of the first application; all have ten digits.
const FirstApplication = 1_000_000_000

// Webhook is what differs between webhooks of a kind.
type Webhook struct {
	// Serial makes the webhook's id, at most twelve digits.
	Serial int64
	// Application is the application's id, ten digits.
	Application int64
	// TriggeredAt is in Unix seconds, ten digits.
	TriggeredAt int64
	// Phone is the candidate's, eleven digits; webhooks of interviews have none.
	Phone int64
}

// ID is the webhook's id, in the form of Moka's.
func (w Webhook) ID() string { return fmt.Sprintf("f353e5ce-17e0-4783-bee4-%012d", w.Serial) }

// variant is which candidate an application is of.
func (w Webhook) variant() int { return int(w.Application % variants) }

// Pushes is the documented pushCandidate. It is immutable.
type Pushes struct {
	heads [variants][]byte // up to where the webhooks of a candidate differ
}

// NewPushes fails only if the document is not the one it was written for.
func NewPushes() (*Pushes, error) {
	text, err := reduced(pushDocument,
		`"id":"f353e5ce-17e0-4783-bee4-4a6b734b20fe",`, `"triggeredAt":1505296287,`,
		`"applicationId":12798,`, `"phone":"18600000000",`)
	if err != nil {
		return nil, err
	}
	head, ok := bytes.CutSuffix(text, []byte(`}}`)) // the ends of data and of all
	if !ok {
		return nil, fmt.Errorf("the sample does not end with its data")
	}
	p := &Pushes{}
	for i := range p.heads {
		p.heads[i] = varied(head, uint64(i))
	}
	return p, nil
}

// Head is what a push begins with. It must not be changed.
func (p *Pushes) Head(w Webhook) []byte { return p.heads[w.variant()] }

// AppendTail appends the rest of a push.
func (p *Pushes) AppendTail(dst []byte, w Webhook) []byte {
	dst = append(dst, `,"phone":"`...)
	dst = strconv.AppendInt(dst, w.Phone, 10)
	dst = append(dst, `","applicationId":`...)
	dst = strconv.AppendInt(dst, w.Application, 10)
	dst = append(dst, '}')
	return appendEnvelope(dst, w)
}

// Body is a whole push.
func (p *Pushes) Body(w Webhook) []byte {
	head := p.Head(w)
	return p.AppendTail(append(make([]byte, 0, len(head)+256), head...), w)
}

// Interviews is the documented webhook of an interview, as an update. It is
// immutable.
type Interviews struct {
	parts [variants][3][]byte // between them stands the application
}

// NewInterviews fails only if the document is not the one it was written for.
func NewInterviews() (*Interviews, error) {
	text, err := reduced(interviewDocument,
		`"id":"f353e5ce-17e0-4783-bee4-4a6b734b20fe",`, `"triggeredAt":1505296287,`)
	if err != nil {
		return nil, err
	}
	text = bytes.Replace(text, []byte("createInterviewsInfo"), []byte("updateInterviewsInfo"), 1)
	text, ok := bytes.CutSuffix(text, []byte(`}`))
	parts := bytes.Split(text, []byte(`"applicationIds":[200006263]`))
	if !ok || len(parts) != 3 {
		return nil, fmt.Errorf("the sample does not name its application twice")
	}
	its := &Interviews{}
	for i := range its.parts {
		for n := range parts {
			its.parts[i][n] = varied(parts[n], uint64(i))
		}
	}
	return its, nil
}

// Body is a whole webhook.
func (i *Interviews) Body(w Webhook) []byte {
	dst := make([]byte, 0, 2048)
	for n, part := range i.parts[w.variant()] {
		if n > 0 {
			dst = append(dst, `"applicationIds":[`...)
			dst = strconv.AppendInt(dst, w.Application, 10)
			dst = append(dst, ']')
		}
		dst = append(dst, part...)
	}
	return appendEnvelope(dst, w)
}

func appendEnvelope(dst []byte, w Webhook) []byte {
	dst = append(dst, `,"triggeredAt":`...)
	dst = strconv.AppendInt(dst, w.TriggeredAt, 10)
	dst = append(dst, `,"id":"`...)
	dst = append(dst, w.ID()...)
	return append(dst, `"}`...)
}

// reduced is a document without white space and without the members given.
func reduced(document []byte, without ...string) ([]byte, error) {
	var compact bytes.Buffer
	if err := json.Compact(&compact, document); err != nil {
		return nil, fmt.Errorf("compact the sample: %w", err)
	}
	text := compact.Bytes()
	for _, member := range without {
		before, after, ok := bytes.Cut(text, []byte(member))
		if !ok {
			return nil, fmt.Errorf("the sample has no %s", member)
		}
		text = append(bytes.Clone(before), after...)
	}
	return text, nil
}
