package schemastest

import (
	"net/http"
	"strings"
)

// checkAll compares a schema with what the subject's level asks for.
func (r *Registry) checkAll(req *http.Request) (any, error) {
	wanted, err := readSchema(req)
	if err != nil {
		return nil, err
	}
	s, name := r.view(), req.PathValue("subject")
	return s.check(req, name, wanted, s.against(name))
}

// checkOne compares a schema with one version.
func (r *Registry) checkOne(req *http.Request) (any, error) {
	wanted, err := readSchema(req)
	if err != nil {
		return nil, err
	}
	number, err := versionOf(req)
	if err != nil {
		return nil, err
	}
	s, name := r.view(), req.PathValue("subject")
	v, err := s.version(name, number, false)
	if err != nil {
		return nil, err
	}
	return s.check(req, name, wanted, []version{v})
}

func (s *state) check(req *http.Request, name string, wanted schema, with []version) (any, error) {
	if err := s.valid(wanted); err != nil {
		return nil, err
	}
	messages, err := s.compare(name, wanted, with)
	if err != nil {
		return nil, err
	}
	answer := map[string]any{"is_compatible": len(messages) == 0}
	if flag(req, "verbose") {
		answer["messages"] = messages
	}
	return answer, nil
}

type levelRequest struct {
	Compatibility level `json:"compatibility"`
}

type levelAnswer struct {
	Compatibility level `json:"compatibilityLevel"`
}

func readLevel(req *http.Request) (levelRequest, error) {
	var body levelRequest
	if err := readJSON(req, &body); err != nil {
		return body, err
	}
	body.Compatibility = level(strings.ToUpper(string(body.Compatibility)))
	if !body.Compatibility.known() {
		return body, &apiError{http.StatusUnprocessableEntity, codeInvalidLevel,
			"Invalid compatibility level. Valid values are none, backward, forward, full, backward_transitive, forward_transitive, and full_transitive"}
	}
	return body, nil
}

func (r *Registry) getConfig(*http.Request) (any, error) {
	return levelAnswer{r.view().Compatibility}, nil
}

func (r *Registry) putConfig(req *http.Request) (any, error) {
	body, err := readLevel(req)
	if err != nil {
		return nil, err
	}
	return body, r.change(func(s *state) error {
		s.Compatibility = body.Compatibility
		return nil
	})
}

func (r *Registry) getSubjectConfig(req *http.Request) (any, error) {
	s, name := r.view(), req.PathValue("subject")
	if sub := s.Subjects[name]; (sub == nil || sub.Compatibility == "") && !flag(req, "defaultToGlobal") {
		return nil, notFound(codeNoSubjectConfig, "Subject '%s' does not have subject-level compatibility configured", name)
	}
	return levelAnswer{s.levelOf(name)}, nil
}

func (r *Registry) putSubjectConfig(req *http.Request) (any, error) {
	body, err := readLevel(req)
	if err != nil {
		return nil, err
	}
	return body, r.setLevel(req.PathValue("subject"), body.Compatibility)
}

func (r *Registry) deleteSubjectConfig(req *http.Request) (any, error) {
	name := req.PathValue("subject")
	sub := r.view().Subjects[name]
	if sub == nil || sub.Compatibility == "" {
		return nil, notFound(codeSubject, "Subject '%s' not found.", name)
	}
	return levelAnswer{sub.Compatibility}, r.setLevel(name, "")
}

func (r *Registry) setLevel(name string, l level) error {
	return r.change(func(s *state) error {
		if s.Subjects[name] == nil {
			s.Subjects[name] = &subject{}
		}
		s.Subjects[name].Compatibility = l
		return nil
	})
}
