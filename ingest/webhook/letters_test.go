package webhook_test

import (
	"bytes"
	"context"
	"testing"

	"github.com/mokafka/mokafka/publish"
)

// TestLettersKeepTheContentTypeOfTheirBytes, which is not that of what would have
// been journaled.
func TestLettersKeepTheContentTypeOfTheirBytes(t *testing.T) {
	h := open(t, zhirenKeys)
	h.journal.fail = func(context.Context) error { return publish.ErrTooLarge }
	call := around(envelope11, "<root><data><applicationid>7</applicationid></data></root>")
	form := []byte(zhirenForm(t).values().Encode())
	h.call(call, testKey, "text/xml; charset=utf-8")
	h.form(string(form))
	got := h.letters.take()
	if len(got) != 2 {
		t.Fatalf("%d dead letters", len(got))
	}
	if l := got[0]; l.ContentType != "text/xml; charset=utf-8" || !bytes.Equal(l.Body, call) {
		t.Errorf("SOAP: %s %s", l.ContentType, l.Body)
	}
	if l := got[1]; l.ContentType != "application/x-www-form-urlencoded" || !bytes.Equal(l.Body, form) {
		t.Errorf("Zhiren: %s %s", l.ContentType, l.Body)
	}
}
