package schemas

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/twmb/franz-go/pkg/sr"
)

var (
	// ErrRegistryUnavailable says that the registry gave no answer, or none that
	// is about schemas: it is down, slow, overloaded, refuses the login, or is not
	// a registry. Nothing is known about the record at hand: try again later.
	ErrRegistryUnavailable = errors.New("the schema registry gave no usable answer")

	// ErrNotRegistered says that the registry lacks a schema of this build; the
	// error is a *NotRegisteredError.
	ErrNotRegistered = errors.New("schema is not registered")
)

// NotRegisteredError names the schema of this build that the registry lacks.
type NotRegisteredError struct {
	// Subject is where it should be.
	Subject string
	// Record is the short name of the schema: the one asked for, or one that it
	// refers to.
	Record string
}

// Error says what to run.
func (e *NotRegisteredError) Error() string {
	return fmt.Sprintf("this build's schema %s is not registered under %s: run \"mokafka schemas register\"", e.Record, e.Subject)
}

// Is makes errors.Is(err, ErrNotRegistered) true.
func (e *NotRegisteredError) Is(target error) bool { return target == ErrNotRegistered }

// RegistryError is a refusal by the registry, or no answer at all.
type RegistryError struct {
	// Op is what was being done.
	Op string
	// Status is the HTTP status, 0 when there was no answer.
	Status int
	// Code is the registry's own error code, such as 40403; 0 when it gave none.
	Code int
	// Message is what the registry or the network said, shortened.
	Message string
	// Err is the error behind it.
	Err error

	// broken says that the registry contradicts itself: it lacks what another of
	// its schemas refers to.
	broken bool
}

// Error tells what was being done, what came back and what to do about it.
func (e *RegistryError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s", e.Op, e.Message)
	if e.Status != 0 {
		fmt.Fprintf(&b, " (HTTP %d, code %d)", e.Status, e.Code)
	}
	if advice := e.advice(); advice != "" {
		b.WriteString(": ")
		b.WriteString(advice)
	}
	return b.String()
}

// Unwrap returns the error behind it.
func (e *RegistryError) Unwrap() error { return e.Err }

// Is makes errors.Is(err, ErrRegistryUnavailable) true where that is the case.
func (e *RegistryError) Is(target error) bool {
	return target == ErrRegistryUnavailable && e.unavailable()
}

func (e *RegistryError) unavailable() bool {
	switch {
	case e.broken:
		return true
	case e.notFound(), e.Status == http.StatusConflict, e.Status == http.StatusUnprocessableEntity:
		return false
	}
	return true
}

// notFound tells a registry that lacks something from a server that is no
// registry: the codes are 404 with two more digits.
func (e *RegistryError) notFound() bool {
	return e.Status == http.StatusNotFound && e.Code/100 == http.StatusNotFound
}

func (e *RegistryError) advice() string {
	switch {
	case errors.Is(e.Err, context.Canceled):
		return ""
	case e.broken:
		return "restore what is missing in the registry, or run \"mokafka schemas register\""
	case e.Status == 0:
		return "check SCHEMA_REGISTRY_URL and that the registry is up"
	case e.Status == http.StatusUnauthorized, e.Status == http.StatusForbidden:
		return "check SCHEMA_REGISTRY_USER, SCHEMA_REGISTRY_PASSWORD and the rights of that user"
	case e.Status == http.StatusNotFound && !e.notFound():
		return "SCHEMA_REGISTRY_URL leads to no Confluent-compatible API (Apicurio's ends in /apis/ccompat/v7)"
	case e.Status == http.StatusConflict:
		return "run \"mokafka schemas check\" to see the differences"
	case e.Code == sr.ErrOperationNotPermitted.Code:
		return "the registry or the subject is read-only"
	case e.Status == http.StatusTooManyRequests, e.Status >= http.StatusInternalServerError:
		return "the registry is overloaded or broken: try again"
	}
	return ""
}

// maxMessage bounds what is repeated of an answer: a proxy's answer is a page of HTML.
const maxMessage = 400

// registryError wraps what package sr returns. It leaves the request's URL out
// of the text, which sr and net/http both put in.
func registryError(op string, err error) error {
	if err == nil {
		return nil
	}
	out := &RegistryError{Op: op, Message: err.Error(), Err: err}
	var answer *sr.ResponseError
	var noAnswer *url.Error
	switch {
	case errors.As(err, &answer):
		out.Status, out.Code, out.Message = answer.StatusCode, answer.ErrorCode, answer.Error()
	case errors.As(err, &noAnswer):
		out.Message = noAnswer.Err.Error()
	}
	if len(out.Message) > maxMessage {
		out.Message = strings.ToValidUTF8(out.Message[:maxMessage], "") + "…"
	}
	return out
}

func isNotFound(err error) bool {
	var e *RegistryError
	return errors.As(err, &e) && e.notFound()
}
