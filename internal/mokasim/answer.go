package mokasim

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

// fault is an error with the status it is answered with.
type fault struct {
	status int
	text   string
}

func (f *fault) Error() string { return f.text }

func refuse(status int, format string, args ...any) error {
	return &fault{status, fmt.Sprintf(format, args...)}
}

// endpoint is a management handler: it returns what to answer as JSON.
type endpoint func(w http.ResponseWriter, r *http.Request) (any, error)

// answered turns an endpoint into a handler; this is where faults get their
// status.
func answered(do endpoint) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		value, err := do(w, r)
		if err == nil {
			reply(w, http.StatusOK, value)
			return
		}
		status := http.StatusInternalServerError
		var known *fault
		if errors.As(err, &known) {
			status = known.status
		}
		reply(w, status, map[string]string{"error": err.Error()})
	}
}

func reply(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	_ = encoder.Encode(value) // the client may be gone; nobody else would care
}

const (
	requestLimit = 64 << 10
	requestTime  = 10 * time.Second
)

// read reads a request's JSON object into value; an empty body leaves it as it is.
func read(w http.ResponseWriter, r *http.Request, value any) error {
	connection := http.NewResponseController(w)
	if err := connection.SetReadDeadline(time.Now().Add(requestTime)); err != nil {
		return fmt.Errorf("bound the reading of the request: %w", err)
	}
	if err := decode(w, r, value); err != nil {
		return err
	}
	if err := connection.SetReadDeadline(time.Time{}); err != nil {
		return fmt.Errorf("free the connection: %w", err)
	}
	return nil
}

func decode(w http.ResponseWriter, r *http.Request, value any) error {
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, requestLimit))
	decoder.DisallowUnknownFields()
	switch err := decoder.Decode(value); {
	case errors.Is(err, io.EOF):
		return nil
	case err != nil:
		return refuse(http.StatusBadRequest, "the body is not the JSON object wanted: %v", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return refuse(http.StatusBadRequest, "the body goes on after the JSON object")
	}
	return nil
}

// number reads a query parameter that is a whole number from 0 to most.
func number(r *http.Request, name string, absent, most uint64) (uint64, error) {
	text := r.URL.Query().Get(name)
	if text == "" {
		return absent, nil
	}
	value, err := strconv.ParseUint(text, 10, 64)
	if err != nil || value > most {
		return 0, refuse(http.StatusBadRequest, "%s=%q is not a whole number from 0 to %d", name, text, most)
	}
	return value, nil
}
