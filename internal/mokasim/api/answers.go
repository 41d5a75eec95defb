package api

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"

	"github.com/mokafka/mokafka/internal/mokasim/payload"
)

const (
	mediaJSON = "application/json; charset=utf-8"
	mediaText = "text/plain; charset=utf-8"
	mediaHTML = "text/html; charset=utf-8"
)

// stated is an answer in JSON. A value that JSON cannot hold would be a mistake
// of this package.
func stated(status int, value any) answer {
	var text []byte
	var err error
	if self, ok := value.(json.Marshaler); ok {
		text, err = self.MarshalJSON() // encoding/json would copy it once more
	} else {
		text, err = payload.Stringify(value)
	}
	if err != nil {
		panic(fmt.Sprintf("api: an answer is not JSON: %v", err))
	}
	return answer{status, mediaJSON, text}
}

func write(w http.ResponseWriter, a answer) {
	if a.media != "" {
		w.Header().Set("Content-Type", a.media)
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(a.body)))
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body) // the client may be gone; nobody else would care
}

// The ways in which endpoints say that all went well.

type succeeded struct {
	Success bool `json:"success"`
}

type failed struct {
	Success      bool   `json:"success"`
	ErrorMessage string `json:"errorMessage"`
	Code         int    `json:"code,omitempty"`
}

type coded struct {
	Code int    `json:"code"`
	Msg  string `json:"msg,omitempty"`
}

func success() answer          { return stated(http.StatusOK, succeeded{true}) }
func code0(msg string) answer  { return stated(http.StatusOK, coded{0, msg}) }
func nothing() answer          { return answer{status: http.StatusOK} }
func plain(text string) answer { return answer{http.StatusOK, mediaText, []byte(text)} }

// shape is how an endpoint says no.
type shape func(r *refusal, english bool) answer

// inSuccess is {"success":false,"errorMessage":…}, with a code for resign.
func inSuccess(r *refusal, english bool) answer {
	body := failed{ErrorMessage: r.text(english)}
	if r.code >= 40_000_000 {
		body.Code = r.code
	}
	return stated(http.StatusOK, body)
}

// inCode is {"code":…,"msg":…}.
func inCode(r *refusal, english bool) answer {
	return stated(http.StatusOK, coded{r.code, r.text(english)})
}

// inOne is {"code":1,"msg":…}: move stage documents 1 for every failure.
func inOne(r *refusal, english bool) answer {
	return stated(http.StatusOK, coded{1, r.text(english)})
}

// inStatus is HTTP 400 with {"success":false,"errorMessage":…,"code":…}. It is
// for the endpoints whose success has no place for a failure ({"id":…},
// {"headcount":…}, ok, nothing); what theirs looks like is not documented.
func inStatus(r *refusal, english bool) answer {
	return stated(cmp.Or(r.status, http.StatusBadRequest), failed{ErrorMessage: r.text(english), Code: r.code})
}
