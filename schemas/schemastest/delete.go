package schemastest

import "net/http"

// deleteSubject deletes all versions of a subject, softly first and then, if
// asked, for good. It returns their numbers.
func (s *state) deleteSubject(name string, permanent bool) ([]int, error) {
	sub, err := s.subject(name, true)
	if err != nil {
		return nil, err
	}
	alive := sub.listed(false)
	if permanent && len(alive) > 0 {
		return nil, notFound(codeSubjectNotDeleted, "Subject '%s' was not deleted first before being permanently deleted", name)
	}
	if !permanent && len(alive) == 0 {
		return nil, notFound(codeSubjectDeleted, "Subject '%s' was soft deleted. Set permanent=true to delete permanently", name)
	}
	numbers := []int{}
	for _, v := range sub.listed(permanent) {
		if err := s.unreferenced(name, v.Number); err != nil {
			return nil, err
		}
		numbers = append(numbers, v.Number)
	}
	for _, n := range numbers {
		sub.mark(n, permanent)
	}
	return numbers, nil
}

// deleteVersion deletes one version, 0 being the latest, and returns its number.
func (s *state) deleteVersion(name string, number int, permanent bool) (int, error) {
	v, err := s.version(name, number, true)
	if err != nil {
		return 0, err
	}
	if permanent && !v.Deleted {
		return 0, notFound(codeVersionNotDeleted,
			"Subject '%s' Version %d was not deleted first before being permanently deleted", name, v.Number)
	}
	if !permanent && v.Deleted {
		return 0, notFound(codeVersionDeleted,
			"Subject '%s' Version %d was soft deleted. Set permanent=true to delete permanently", name, v.Number)
	}
	if err := s.unreferenced(name, v.Number); err != nil {
		return 0, err
	}
	s.Subjects[name].mark(v.Number, permanent)
	return v.Number, nil
}

func (sub *subject) mark(number int, permanent bool) {
	for i := range sub.Versions {
		if v := &sub.Versions[i]; v.Number == number {
			v.Deleted, v.Gone = true, v.Gone || permanent
		}
	}
}

func (s *state) unreferenced(name string, number int) error {
	if len(s.referencedBy(name, number)) > 0 {
		return &apiError{http.StatusUnprocessableEntity, codeReferenced,
			"One or more references exist to the schema {subject=" + name + ",version=" + itoa(number) + "}."}
	}
	return nil
}

// referencedBy returns the ids of the schemas in use that refer to a version.
func (s *state) referencedBy(name string, number int) []int {
	ids := []int{}
	for i, sc := range s.Schemas {
		for _, ref := range sc.References {
			if ref.Subject == name && ref.Version == number && len(s.uses(i+1, false)) > 0 {
				ids = append(ids, i+1)
				break
			}
		}
	}
	return ids
}
