package moka

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Kind says what a failed call means for its caller.
type Kind uint8

// The kinds. Of a write, only KindAmbiguous leaves open whether it happened:
// with every other kind it did not.
const (
	// KindAuth: Moka does not know the key, or the client id and secret. Every
	// call will fail until somebody changes the configuration.
	KindAuth Kind = iota + 1
	// KindQuota: refused for the number of calls; RetryAfter if Moka said so.
	KindQuota
	// KindNotFound: there is nothing of that id.
	KindNotFound
	// KindInvalid: what was asked for is wrong, found by us before sending it
	// (Status is 0 then) or by Moka.
	KindInvalid
	// KindRefused: a business refusal (该申请已归档, 300608 …), with Moka's code
	// and text. The same call will be refused again until somebody changes the
	// application.
	KindRefused
	// KindTransient: nothing happened, or a read failed: try again later.
	KindTransient
	// KindAmbiguous: a write that may have happened. Read Moka back.
	KindAmbiguous
	// KindProtocol: what answered does not speak Moka's API: HTML, too large,
	// another shape than documented, no such path. Check MOKA_BASE_URL.
	KindProtocol
)

// String is the kind's name in metrics and logs.
func (k Kind) String() string {
	switch k {
	case KindAuth:
		return "auth"
	case KindQuota:
		return "quota"
	case KindNotFound:
		return "not_found"
	case KindInvalid:
		return "invalid"
	case KindRefused:
		return "refused"
	case KindTransient:
		return "transient"
	case KindAmbiguous:
		return "ambiguous"
	case KindProtocol:
		return "protocol"
	default:
		return "unknown"
	}
}

// Error is a call that failed.
type Error struct {
	Kind Kind
	// Endpoint is its name without ids: "v1/applications/hired".
	Endpoint string
	// Status is HTTP's, 0 where no answer came.
	Status int
	// Code and Message are Moka's own, redacted and shortened; empty where it
	// gave none.
	Code, Message string
	// RetryAfter is how long Moka asked to be left alone, 0 where it did not say.
	RetryAfter time.Duration
	// Err is what lies beneath, nil where Moka's answer is all there is.
	Err error
}

// Error names the endpoint, the kind and what Moka said.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "moka %s: %s", e.Endpoint, e.Kind)
	if e.Status != 0 {
		fmt.Fprintf(&b, ", HTTP %d", e.Status)
	}
	if e.Code != "" {
		fmt.Fprintf(&b, ", code %s", e.Code)
	}
	if e.Message != "" {
		fmt.Fprintf(&b, ": %s", e.Message)
	}
	if e.Err != nil {
		fmt.Fprintf(&b, ": %v", e.Err)
	}
	return b.String()
}

// Unwrap returns what lies beneath.
func (e *Error) Unwrap() error { return e.Err }

// KindOf returns the kind of the *Error in err's chain, 0 when there is none.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return 0
}
