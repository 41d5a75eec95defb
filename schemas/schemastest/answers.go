package schemastest

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
)

const contentType = "application/vnd.schemaregistry.v1+json"

// Confluent's error codes, as documented and as in its source (rest/exceptions/Errors.java).
const (
	codeSubject           = 40401
	codeVersion           = 40402
	codeSchema            = 40403
	codeSubjectDeleted    = 40404
	codeSubjectNotDeleted = 40405
	codeVersionDeleted    = 40406
	codeVersionNotDeleted = 40407
	codeNoSubjectConfig   = 40408
	codeIncompatible      = 409
	codeInvalidSchema     = 42201
	codeInvalidVersion    = 42202
	codeInvalidLevel      = 42203
	codeReferenced        = 42206
	codeStore             = 50001
)

// apiError is an error as the client sees it.
type apiError struct {
	status  int
	code    int
	message string
}

func (e *apiError) Error() string { return e.message }

func notFound(code int, format string, args ...any) error {
	return &apiError{http.StatusNotFound, code, fmt.Sprintf(format, args...)}
}

func writeError(w http.ResponseWriter, err error) {
	e := asAPIError(err)
	writeJSON(w, e.status, map[string]any{"error_code": e.code, "message": e.message})
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		status, body = http.StatusInternalServerError, []byte(`{"error_code":50001,"message":"the answer cannot be written"}`)
	}
	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client has gone: nobody is left to tell
}

// schemaRequest is the body that registers, looks up or compares a schema.
// Clients send more (metadata, rule sets, ids); it is left aside.
type schemaRequest struct {
	Schema     string      `json:"schema"`
	Type       string      `json:"schemaType"`
	References []reference `json:"references"`
}

func readSchema(req *http.Request) (schema, error) {
	var body schemaRequest
	if err := readJSON(req, &body); err != nil {
		return schema{}, err
	}
	if body.Type != "" && body.Type != "AVRO" {
		return schema{}, invalid("Invalid schema type %s: this registry takes AVRO alone", body.Type)
	}
	if body.Schema == "" {
		return schema{}, invalid("Empty schema")
	}
	return schema{Text: body.Schema, References: body.References}.identify(), nil
}

func readJSON(req *http.Request, into any) error {
	err := json.NewDecoder(req.Body).Decode(into)
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return &apiError{http.StatusRequestEntityTooLarge, http.StatusRequestEntityTooLarge, "the request is too large"}
	case err != nil:
		return &apiError{http.StatusBadRequest, http.StatusBadRequest, "the request is not the JSON expected: " + err.Error()}
	}
	return nil
}

// schemaAnswer is a schema by its id; registered is one by its version.
type schemaAnswer struct {
	Text       string      `json:"schema"`
	References []reference `json:"references,omitempty"`
}

type registered struct {
	Subject    string      `json:"subject"`
	Version    int         `json:"version"`
	ID         int         `json:"id"`
	References []reference `json:"references,omitempty"`
	Text       string      `json:"schema"`
}

func (s *state) registered(name string, v version) registered {
	sc := s.Schemas[v.ID-1]
	return registered{Subject: name, Version: v.Number, ID: v.ID, References: sc.References, Text: sc.Text}
}
