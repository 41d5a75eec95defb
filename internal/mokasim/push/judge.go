package push

import (
	"cmp"
	"encoding/json"
	"unicode/utf8"

	"github.com/mokafka/mokafka/internal/mokasim/payload"
)

const rememberedAnswer = 4 << 10

// importFailed is what a person sees when the answer has no msg of its own.
const importFailed = "导入失败"

// judge settles a record by one attempt and its answer, as Moka would.
func (r *Record) judge(attempt Attempt, answer []byte) {
	r.Status, r.Shown, r.Redirect, r.Answer = attempt.Status, "", nil, cut(string(answer))
	if attempt.Status == 0 {
		r.Outcome, r.Shown = Failed, importFailed
		return
	}
	if r.Door == DoorSOAP || r.Door == DoorZhiren {
		ok, reason := succeeded(r.Door, answer)
		if r.Outcome = Delivered; !ok || attempt.Status < 200 || attempt.Status > 299 {
			r.Outcome, r.Shown = Refused, cmp.Or(reason, importFailed)
		}
		return
	}
	var reply struct {
		Code     json.RawMessage `json:"code"`
		Msg      json.RawMessage `json:"msg"`
		Redirect json.RawMessage `json:"redirectUrl"`
	}
	if json.Unmarshal(answer, &reply) != nil {
		reply.Code, reply.Msg, reply.Redirect = nil, nil, nil // no object: an empty one
	}
	var msg string
	if json.Unmarshal(reply.Msg, &msg) != nil {
		msg = ""
	}
	if attempt.Status < 200 || attempt.Status > 299 || r.Event != payload.PushCandidate && string(reply.Code) != "0" {
		r.Outcome, r.Shown = Refused, msg
		if msg == "" {
			r.Shown = importFailed
		}
		return
	}
	r.Outcome = Delivered
	var redirect Redirect
	if r.Event == payload.PushCandidate && json.Unmarshal(reply.Redirect, &redirect) == nil && redirect != (Redirect{}) {
		r.Redirect = &redirect
	}
}

// cut shortens a text to what is remembered of an answer, at a rune's border.
func cut(text string) string {
	if len(text) <= rememberedAnswer {
		return text
	}
	end := rememberedAnswer
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end]
}
