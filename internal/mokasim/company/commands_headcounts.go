package company

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"
)

// Errors of headcount commands, besides ErrHeadcount.
var (
	ErrNumberTaken = errors.New("there is a headcount with that number")
	ErrDepartment  = errors.New("there is no department with that code")
	ErrEmployee    = errors.New("there is no employee with that address")
	ErrJob         = errors.New("there is no such job")
	ErrStatus      = errors.New("there is no such status of a headcount")
)

// HeadcountFields are what can be set of a headcount. Nil fields are left as
// they are, or at creation as they usually are.
type HeadcountFields struct {
	Name           *string
	Type           *string
	Need           *int
	DepartmentCode *string
	Commitment     *string
	OwnerEmail     *string
	ManagerEmails  []string
	Description    *string
	Status         *string
	StartDate      *time.Time
	FinishBy       *time.Time
	JobIDs         []string
}

// CreateHeadcount opens a headcount with a number that no other has.
func (o Commands) CreateHeadcount(number string, fields HeadcountFields) (int64, error) {
	if slices.ContainsFunc(o.c.headcounts, func(h *Headcount) bool { return h.Number == number }) {
		return 0, fmt.Errorf("headcount %s: %w", number, ErrNumberTaken)
	}
	manager := o.c.staff[0]
	made := Headcount{
		Number: number, Type: "planned", Status: HeadcountUnstart, Need: 1, Commitment: "全职",
		Department: o.c.departments[0], Owner: manager, Managers: []*Employee{manager}, Creator: manager,
	}
	if err := o.c.fill(&made, fields); err != nil {
		return 0, fmt.Errorf("headcount %s: %w", number, err)
	}
	o.c.operator = o.operator
	defer func() { o.c.operator = "" }()
	h := o.c.newHeadcount(made, o.now)
	o.c.tellAll(o.now, HeadcountOpened, nil, Change{Headcount: h, To: h.Status, Field: FieldHeadcountStatus, Is: h.Status})
	return h.ID, nil
}

// UpdateHeadcount changes a headcount: its status and its need as changes of
// their own, all the rest as one.
func (o Commands) UpdateHeadcount(id int64, fields HeadcountFields) error {
	h := o.c.Headcount(id)
	if h == nil {
		return fmt.Errorf("headcount %d: %w", id, ErrHeadcount)
	}
	wanted := *h
	if err := o.c.fill(&wanted, fields); err != nil {
		return fmt.Errorf("headcount %d: %w", id, err)
	}
	o.c.operator = o.operator
	defer func() { o.c.operator = "" }()
	status, need, before := wanted.Status, wanted.Need, standingOf(h)
	wanted.Status, wanted.Need = h.Status, h.Need
	o.c.reassign(h, wanted.Jobs)
	*h = wanted
	if standingOf(h) != before {
		o.c.tellAll(o.now, HeadcountChanged, nil, Change{Headcount: h})
	}
	if need != h.Need {
		o.c.needHeadcount(h, need, o.now)
	}
	if status != h.Status {
		kind := HeadcountChanged
		switch status {
		case HeadcountSuspended, HeadcountTimeout:
			kind = HeadcountClosed
		case HeadcountComplete:
			kind = HeadcountFilled
		}
		o.c.turnHeadcount(h, kind, status, o.now)
	}
	return nil
}

// DeleteHeadcount deletes a headcount, used or not.
func (o Commands) DeleteHeadcount(id int64) error {
	h := o.c.Headcount(id)
	if h == nil {
		return fmt.Errorf("headcount %d: %w", id, ErrHeadcount)
	}
	o.c.operator = o.operator
	defer func() { o.c.operator = "" }()
	o.c.deleteHeadcount(h, o.now)
	return nil
}

// fill sets the given fields of a headcount that nobody else sees yet.
func (c *Company) fill(h *Headcount, fields HeadcountFields) error {
	for target, value := range map[*string]*string{
		&h.Name: fields.Name, &h.Type: fields.Type, &h.Commitment: fields.Commitment, &h.Description: fields.Description,
		&h.Status: fields.Status,
	} {
		if value != nil {
			*target = *value
		}
	}
	if !slices.Contains([]string{HeadcountUnstart, HeadcountOngoing, HeadcountSuspended, HeadcountComplete, HeadcountTimeout}, h.Status) {
		return ErrStatus
	}
	if fields.Need != nil {
		if *fields.Need < 1 {
			return ErrArgument
		}
		h.Need = *fields.Need
	}
	if fields.StartDate != nil {
		h.StartDate = *fields.StartDate
	}
	if fields.FinishBy != nil {
		h.FinishBy = *fields.FinishBy
	}
	return c.fillPeople(h, fields)
}

// fillPeople sets what has to be looked up.
func (c *Company) fillPeople(h *Headcount, fields HeadcountFields) error {
	if fields.DepartmentCode != nil {
		at := slices.IndexFunc(c.departments, func(d *Department) bool { return strconv.Itoa(d.Code) == *fields.DepartmentCode })
		if at < 0 {
			return ErrDepartment
		}
		h.Department = c.departments[at]
	}
	if fields.OwnerEmail != nil {
		if h.Owner = c.Employee(*fields.OwnerEmail); h.Owner == nil {
			return ErrEmployee
		}
	}
	if fields.ManagerEmails != nil {
		h.Managers = nil
		for _, email := range fields.ManagerEmails {
			manager := c.Employee(email)
			if manager == nil {
				return ErrEmployee
			}
			h.Managers = append(h.Managers, manager)
		}
	}
	if fields.JobIDs != nil {
		h.Jobs = nil
		for _, id := range fields.JobIDs {
			job := c.Job(id)
			if job == nil {
				return ErrJob
			}
			h.Jobs = append(h.Jobs, job)
		}
	}
	return nil
}

// reassign lets other jobs recruit for a headcount.
func (c *Company) reassign(h *Headcount, jobs []*Job) {
	for _, job := range h.Jobs {
		job.Headcounts = slices.DeleteFunc(job.Headcounts, func(other *Headcount) bool { return other == h })
	}
	for _, job := range jobs {
		job.Headcounts = append(job.Headcounts, h)
	}
}

// Employee finds somebody by address; nil if nobody has it.
func (c *Company) Employee(email string) *Employee {
	at := slices.IndexFunc(c.staff, func(e *Employee) bool { return e.Email == email })
	if at < 0 {
		return nil
	}
	return c.staff[at]
}
