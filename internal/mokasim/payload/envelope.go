package payload

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"github.com/mokafka/mokafka/internal/mokasim/company"
)

// The four events that Moka documents.
const (
	PushCandidate        = "pushCandidate"
	CreateInterviewsInfo = "createInterviewsInfo"
	UpdateInterviewsInfo = "updateInterviewsInfo"
	DeleteInterviewsInfo = "deleteInterviewsInfo"
)

// Events lists the four.
func Events() []string {
	return []string{PushCandidate, CreateInterviewsInfo, UpdateInterviewsInfo, DeleteInterviewsInfo}
}

// Webhook is one push before it is signed: the envelope, and its data as the
// bytes that JSON.stringify would give.
type Webhook struct {
	ID             string
	Event          string
	TriggeredAt    int64 // Unix seconds
	ApplicationIDs []int64
	Data           json.RawMessage
}

// Event is the webhook event of a kind of change, "" where Moka pushes nothing:
// stages, offers and remarks change in silence.
func Event(kind company.Kind) string {
	switch kind {
	case company.EHRPushed:
		return PushCandidate
	case company.InterviewArranged:
		return CreateInterviewsInfo
	case company.InterviewUpdated:
		return UpdateInterviewsInfo
	case company.InterviewCancelled:
		return DeleteInterviewsInfo
	default:
		return ""
	}
}

// Of writes the webhook of a change that has one (see Event). It must be called
// before the company changes again, since it reads the company's present state.
func Of(change company.Change, id string) (Webhook, error) {
	webhook := Webhook{ID: id, Event: Event(change.Kind), TriggeredAt: change.At.Unix()}
	for _, app := range change.Applications {
		webhook.ApplicationIDs = append(webhook.ApplicationIDs, app.ID)
	}
	var data any
	switch {
	case webhook.Event == "":
		return Webhook{}, fmt.Errorf("a change of kind %q has no webhook", change.Kind)
	case change.Meeting != nil:
		data = interviews(change.Meeting)
	default:
		data = pushed(change.Applications[0], change.At)
	}
	text, err := Stringify(data)
	if err != nil {
		return Webhook{}, fmt.Errorf("write %s: %w", webhook.Event, err)
	}
	webhook.Data = text
	return webhook, nil
}

// Body is the webhook as the bytes to send; data takes the place of its Data
// (the encrypted form, for instance) unless it is nil.
func (w Webhook) Body(data any) ([]byte, error) {
	if data == nil {
		data = w.Data
	}
	return Stringify(struct {
		ID          string `json:"id"`
		Event       string `json:"event"`
		TriggeredAt int64  `json:"triggeredAt"`
		Data        any    `json:"data"`
	}{w.ID, w.Event, w.TriggeredAt, data})
}

// Stringify writes JSON as JavaScript's JSON.stringify does: compact, UTF-8,
// and with <, >, & and the separators U+2028 and U+2029 as they are.
func Stringify(value any) ([]byte, error) {
	var buffer bytes.Buffer
	encoder := json.NewEncoder(&buffer)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return nil, err
	}
	return unescapeSeparators(bytes.TrimSuffix(buffer.Bytes(), []byte("\n"))), nil
}

// unescapeSeparators undoes the two escapes that encoding/json cannot be talked
// out of. A backslash starts an escape unless it is one's second half.
func unescapeSeparators(text []byte) []byte {
	if !bytes.Contains(text, []byte(`\u202`)) {
		return text
	}
	out := make([]byte, 0, len(text))
	for len(text) > 0 {
		switch {
		case bytes.HasPrefix(text, []byte(`\u2028`)):
			out, text = append(out, "\u2028"...), text[6:]
		case bytes.HasPrefix(text, []byte(`\u2029`)):
			out, text = append(out, "\u2029"...), text[6:]
		case text[0] == '\\' && len(text) > 1:
			out, text = append(out, text[:2]...), text[2:]
		default:
			out, text = append(out, text[0]), text[1:]
		}
	}
	return out
}

// iso is the form of most of Moka's times: UTC with milliseconds.
func iso(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// isoOrNil is null for the zero time.
func isoOrNil(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	text := iso(t)
	return &text
}
