package webhook_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
)

// TestEachDoorAnswersInItsOwnForm, also where the guard before it answers: when
// too much is in flight, and after a panic.
func TestEachDoorAnswersInItsOwnForm(t *testing.T) {
	h := open(t, zhirenKeys, "WEBHOOK_MAX_IN_FLIGHT=1")
	call := around(envelope12, "<root><data><applicationid>7</applicationid></data></root>")
	form := zhirenForm(t).values().Encode()
	soap11 := func() *httptest.ResponseRecorder { return h.call(call, testKey) }
	soap12 := func() *httptest.ResponseRecorder { return h.call(call, testKey, "application/soap+xml") }
	zhiren := func() *httptest.ResponseRecorder { return h.form(form) }

	inside, leave := make(chan struct{}), make(chan struct{})
	h.journal.fail = func(context.Context) error {
		close(inside)
		<-leave
		return nil
	}
	done := make(chan int)
	go func() { done <- h.push(pushSample(t)).Code }()
	<-inside
	wantAnswer(t, h.push(pushSample(t)), http.StatusTooManyRequests)
	wantSOAP(t, soap11(), http.StatusTooManyRequests, "soap:Server")
	wantSOAP(t, soap12(), http.StatusTooManyRequests, "soap:Receiver")
	wantZhiren(t, zhiren(), http.StatusTooManyRequests, 42901)
	close(leave)
	if code := <-done; code != http.StatusOK {
		t.Errorf("status %d", code)
	}

	h.journal.fail = func(context.Context) error { panic("broken") }
	wantAnswer(t, h.push(pushSample(t)), http.StatusInternalServerError)
	wantSOAP(t, soap11(), http.StatusInternalServerError, "soap:Server")
	wantSOAP(t, soap12(), http.StatusInternalServerError, "soap:Receiver")
	wantZhiren(t, zhiren(), http.StatusInternalServerError, 50001)
}
