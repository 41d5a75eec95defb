package schemastest

import (
	"net/http"
	"slices"
	"strings"
)

func (r *Registry) getSchemas(req *http.Request) (any, error) {
	s, deleted := r.view(), flag(req, "deleted")
	found := []registered{}
	for _, name := range s.names(deleted) {
		if !strings.HasPrefix(name, req.URL.Query().Get("subjectPrefix")) {
			continue
		}
		listed := s.Subjects[name].listed(deleted)
		if flag(req, "latestOnly") {
			listed = listed[len(listed)-1:]
		}
		for _, v := range listed {
			found = append(found, s.registered(name, v))
		}
	}
	return found, nil
}

func (r *Registry) byID(req *http.Request) (schema, error) {
	id, err := idOf(req)
	if err != nil {
		return schema{}, err
	}
	s := r.view()
	sc, err := s.schema(id)
	if err != nil {
		return schema{}, err
	}
	if req.URL.Query().Get("format") == "resolved" {
		resolved, err := s.resolved(sc)
		return schema{Text: resolved}, err
	}
	return sc, nil
}

func (r *Registry) getByID(req *http.Request) (any, error) {
	sc, err := r.byID(req)
	return schemaAnswer{sc.Text, sc.References}, err
}

func (r *Registry) getTextByID(req *http.Request) (any, error) {
	sc, err := r.byID(req)
	return text(sc.Text), err
}

func (r *Registry) usesOf(req *http.Request) ([]use, error) {
	id, err := idOf(req)
	if err != nil {
		return nil, err
	}
	s := r.view()
	if _, err := s.schema(id); err != nil {
		return nil, err
	}
	return s.uses(id, flag(req, "deleted")), nil
}

func (r *Registry) getUses(req *http.Request) (any, error) { return r.usesOf(req) }

func (r *Registry) getSubjectsByID(req *http.Request) (any, error) {
	uses, err := r.usesOf(req)
	names := []string{}
	for _, u := range uses {
		names = append(names, u.Subject)
	}
	return slices.Compact(names), err
}

func (r *Registry) getSubjects(req *http.Request) (any, error) {
	prefix := req.URL.Query().Get("subjectPrefix")
	return slices.DeleteFunc(r.view().names(flag(req, "deleted")), func(name string) bool {
		return !strings.HasPrefix(name, prefix)
	}), nil
}

func (r *Registry) lookUp(req *http.Request) (any, error) {
	wanted, err := readSchema(req)
	if err != nil {
		return nil, err
	}
	s, name, deleted := r.view(), req.PathValue("subject"), flag(req, "deleted")
	if _, err := s.subject(name, deleted); err != nil {
		return nil, err
	}
	v, ok := s.find(name, wanted, deleted)
	if !ok {
		return nil, notFound(codeSchema, "Schema not found")
	}
	return s.registered(name, v), nil
}

func (r *Registry) register(req *http.Request) (any, error) {
	added, err := readSchema(req)
	if err != nil {
		return nil, err
	}
	name := req.PathValue("subject")
	// What is there already needs no change, and no write to the file.
	if v, ok := r.view().find(name, added, false); ok {
		return map[string]int{"id": v.ID}, nil
	}
	var v version
	err = r.change(func(s *state) error {
		var err error
		v, err = s.register(name, added)
		return err
	})
	return map[string]int{"id": v.ID}, err
}

func (r *Registry) getVersions(req *http.Request) (any, error) {
	deleted := flag(req, "deleted")
	sub, err := r.view().subject(req.PathValue("subject"), deleted)
	if err != nil {
		return nil, err
	}
	numbers := []int{}
	for _, v := range sub.listed(deleted) {
		numbers = append(numbers, v.Number)
	}
	return numbers, nil
}

func (r *Registry) byVersion(req *http.Request) (registered, error) {
	number, err := versionOf(req)
	if err != nil {
		return registered{}, err
	}
	s, name := r.view(), req.PathValue("subject")
	v, err := s.version(name, number, flag(req, "deleted"))
	if err != nil {
		return registered{}, err
	}
	return s.registered(name, v), nil
}

func (r *Registry) getVersion(req *http.Request) (any, error) { return r.byVersion(req) }

func (r *Registry) getTextByVersion(req *http.Request) (any, error) {
	found, err := r.byVersion(req)
	return text(found.Text), err
}

func (r *Registry) getReferencedBy(req *http.Request) (any, error) {
	found, err := r.byVersion(req)
	if err != nil {
		return nil, err
	}
	s := r.view()
	return s.referencedBy(found.Subject, found.Version), nil
}

func (r *Registry) deleteSubject(req *http.Request) (any, error) {
	var numbers []int
	err := r.change(func(s *state) error {
		var err error
		numbers, err = s.deleteSubject(req.PathValue("subject"), flag(req, "permanent"))
		return err
	})
	return numbers, err
}

func (r *Registry) deleteVersion(req *http.Request) (any, error) {
	number, err := versionOf(req)
	if err != nil {
		return nil, err
	}
	err = r.change(func(s *state) error {
		var err error
		number, err = s.deleteVersion(req.PathValue("subject"), number, flag(req, "permanent"))
		return err
	})
	return number, err
}
