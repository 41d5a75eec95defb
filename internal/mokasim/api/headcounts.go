package api

import (
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/mokafka/mokafka/internal/mokasim/company"
	"github.com/mokafka/mokafka/internal/mokasim/resources"
)

// headcountWrites have a quota of their own besides: "30 per minute".
func headcountWrites() []route {
	return []route{
		{method: http.MethodPost, path: "/v1/headcount", do: (*Server).createHeadcount, shape: inStatus, write: true, headcountWrite: true},
		{method: http.MethodPut, path: "/v1/headcount/{id}", do: (*Server).updateHeadcount, shape: inStatus, write: true, headcountWrite: true},
		{method: http.MethodDelete, path: "/v1/headcount/{id}", do: (*Server).deleteHeadcount, shape: inStatus, write: true, headcountWrite: true},
	}
}

// headcountFields are the documented keys that this company knows; the others
// are accepted and change nothing.
func headcountFields(body fields, p parameters) (company.HeadcountFields, error) {
	var f company.HeadcountFields
	var faults []error
	for name, target := range map[string]**string{
		"jobName": &f.Name, "type": &f.Type, "departmentCode": &f.DepartmentCode, "commitment": &f.Commitment,
		"ownerEmail": &f.OwnerEmail, "description": &f.Description, "status": &f.Status,
	} {
		faults = append(faults, body.reading(name, target))
		if *target != nil {
			p.put(name, **target)
		}
	}
	faults = append(faults, body.reading("needNumber", &f.Need), body.reading("managerEmails", &f.ManagerEmails),
		body.reading("connectedJobIds", &f.JobIDs))
	if f.Need != nil {
		p.put("needNumber", *f.Need)
	}
	if f.ManagerEmails != nil {
		p.put("managerEmails", f.ManagerEmails)
	}
	if f.JobIDs != nil {
		p.put("connectedJobIds", f.JobIDs)
	}
	for name, target := range map[string]**time.Time{"startDate": &f.StartDate, "completeDate": &f.FinishBy} {
		at, err := body.time(name)
		faults = append(faults, err)
		if !at.IsZero() {
			*target = &at
			p.put(name, at)
		}
	}
	return f, first(faults)
}

// first is the first fault there is: a call is refused for one reason.
func first(faults []error) error {
	for _, err := range faults {
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *Server) createHeadcount(c *call) (answer, error) {
	body, err := c.fields()
	if err != nil {
		return answer{}, err
	}
	var number, name string
	var need int
	if err := first([]error{body.required("number", &number), body.required("jobName", &name), body.required("needNumber", &need)}); err != nil {
		return answer{}, err
	}
	w := written{operation: "create_headcount", parameters: parameters{"number": number}}
	wanted, err := headcountFields(body, w.parameters)
	if err != nil {
		return answer{}, err
	}
	var said resources.Answer
	err = s.deps.Act(func(co *company.Company, now time.Time) error {
		id, err := co.By(company.OperatorAPI, now).CreateHeadcount(number, wanted)
		if err != nil {
			return headcountRefusal(err)
		}
		w.headcount = id
		s.log(c, w, nil, w.standing(co), now)
		said = s.view(co, now).Headcount(id)
		return nil
	})
	if err != nil {
		return answer{}, err
	}
	return stated(said.Status, said.Body), nil
}

func (s *Server) updateHeadcount(c *call) (answer, error) {
	id, body, err := c.headcount()
	if err != nil {
		return answer{}, err
	}
	w := written{operation: "update_headcount", headcount: id, parameters: parameters{}}
	wanted, err := headcountFields(body, w.parameters)
	if err != nil {
		return answer{}, err
	}
	var said resources.Answer
	err = s.deps.Act(func(co *company.Company, now time.Time) error {
		err := s.within(c, w, company.OperatorAPI, co, now, func(do company.Commands) error {
			return headcountRefusal(do.UpdateHeadcount(id, wanted))
		})
		if err == nil {
			said = s.view(co, now).Headcount(id)
		}
		return err
	})
	if err != nil {
		return answer{}, err
	}
	return stated(said.Status, said.Body), nil
}

func (s *Server) deleteHeadcount(c *call) (answer, error) {
	id, _, err := c.headcount()
	if err != nil {
		return answer{}, err
	}
	w := written{operation: "delete_headcount", headcount: id, parameters: parameters{}}
	return plain("ok"), s.carry(c, w, company.OperatorAPI, func(do company.Commands) error {
		return headcountRefusal(do.DeleteHeadcount(id))
	})
}

func (c *call) headcount() (int64, fields, error) {
	id, err := strconv.ParseInt(c.id, 10, 64)
	if err != nil {
		return 0, nil, wrong("hcId")
	}
	body, err := c.fields()
	return id, body, err
}

// headcountRefusal names the parameter that the company does not know. A
// headcount that there is not answers as its detail does, 404.
func headcountRefusal(err error) error {
	if errors.Is(err, company.ErrHeadcount) {
		return &refusal{status: http.StatusNotFound, code: 300510, zh: "招聘需求不存在", en: "Job requisition does not exist"}
	}
	for _, one := range []struct {
		is   error
		name string
	}{
		{company.ErrNumberTaken, "number"}, {company.ErrDepartment, "departmentCode"}, {company.ErrEmployee, "email"},
		{company.ErrJob, "connectedJobIds"}, {company.ErrStatus, "status"}, {company.ErrArgument, "needNumber"},
	} {
		if errors.Is(err, one.is) {
			return wrong(one.name)
		}
	}
	return err
}
