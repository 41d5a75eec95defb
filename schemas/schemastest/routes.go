package schemastest

import (
	"errors"
	"io"
	"net/http"
	"strconv"
)

// routes lists what there is; the patterns are those of Confluent's API.
func (r *Registry) routes() {
	r.mux = http.NewServeMux()
	for pattern, h := range map[string]handler{
		"GET /{$}": func(*Registry, *http.Request) (any, error) { return struct{}{}, nil },

		"GET /schemas":                   (*Registry).getSchemas,
		"GET /schemas/types":             func(*Registry, *http.Request) (any, error) { return []string{"AVRO"}, nil },
		"GET /schemas/ids/{id}":          (*Registry).getByID,
		"GET /schemas/ids/{id}/schema":   (*Registry).getTextByID,
		"GET /schemas/ids/{id}/versions": (*Registry).getUses,
		"GET /schemas/ids/{id}/subjects": (*Registry).getSubjectsByID,

		"GET /subjects":                                             (*Registry).getSubjects,
		"POST /subjects/{subject}":                                  (*Registry).lookUp,
		"DELETE /subjects/{subject}":                                (*Registry).deleteSubject,
		"GET /subjects/{subject}/versions":                          (*Registry).getVersions,
		"POST /subjects/{subject}/versions":                         (*Registry).register,
		"GET /subjects/{subject}/versions/{version}":                (*Registry).getVersion,
		"GET /subjects/{subject}/versions/{version}/schema":         (*Registry).getTextByVersion,
		"GET /subjects/{subject}/versions/{version}/referencedby":   (*Registry).getReferencedBy,
		"DELETE /subjects/{subject}/versions/{version}":             (*Registry).deleteVersion,
		"POST /compatibility/subjects/{subject}/versions":           (*Registry).checkAll,
		"POST /compatibility/subjects/{subject}/versions/{version}": (*Registry).checkOne,

		"GET /config":              (*Registry).getConfig,
		"PUT /config":              (*Registry).putConfig,
		"GET /config/{subject}":    (*Registry).getSubjectConfig,
		"PUT /config/{subject}":    (*Registry).putSubjectConfig,
		"DELETE /config/{subject}": (*Registry).deleteSubjectConfig,

		"GET /mode":           getMode,
		"GET /mode/{subject}": getMode,
	} {
		r.mux.Handle(pattern, r.answering(h))
	}
	r.mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		writeError(w, &apiError{http.StatusNotFound, http.StatusNotFound, "HTTP 404 Not Found"})
	})
}

// handler answers one kind of request: with a value to write as JSON, a raw text,
// or an error.
type handler func(*Registry, *http.Request) (any, error)

// text is an answer that is JSON already.
type text string

func (r *Registry) answering(h handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		answer, err := h(r, req)
		if err != nil {
			writeError(w, err)
			return
		}
		if raw, ok := answer.(text); ok {
			w.Header().Set("Content-Type", contentType)
			_, _ = io.WriteString(w, string(raw)) // the client has gone: nobody is left to tell
			return
		}
		writeJSON(w, http.StatusOK, answer)
	})
}

func getMode(*Registry, *http.Request) (any, error) {
	return map[string]string{"mode": "READWRITE"}, nil
}

// idOf reads the schema id in the path.
func idOf(req *http.Request) (int, error) {
	id, err := strconv.Atoi(req.PathValue("id"))
	if err != nil {
		return 0, notFound(http.StatusNotFound, "HTTP 404 Not Found")
	}
	return id, nil
}

// versionOf reads the version in the path; "latest" and -1 are 0.
func versionOf(req *http.Request) (int, error) {
	value := req.PathValue("version")
	if value == "latest" || value == "-1" {
		return 0, nil
	}
	n, err := strconv.Atoi(value)
	if err != nil || n < 1 {
		return 0, &apiError{http.StatusUnprocessableEntity, codeInvalidVersion,
			"The specified version '" + value + "' is not a valid version id. Allowed values are between [1, 2^31-1] and the string \"latest\""}
	}
	return n, nil
}

func flag(req *http.Request, name string) bool { return req.URL.Query().Get(name) == "true" }

func itoa(n int) string { return strconv.Itoa(n) }

// asAPIError makes every error one with a status and a code.
func asAPIError(err error) *apiError {
	var known *apiError
	if errors.As(err, &known) {
		return known
	}
	return &apiError{http.StatusInternalServerError, codeStore, err.Error()}
}
