package moka

import (
	"context"
	"errors"
	"net/url"
	"strconv"
)

// HireMode is Moka's recruitment mode (招聘模式).
type HireMode int

// The modes.
const (
	SocialHiring HireMode = 1 // 社招, experienced hires
	CampusHiring HireMode = 2 // 校招
)

// HeadcountParams are the parameters of CreateHeadcount.
type HeadcountParams struct {
	Number     string   // required: its code, unique and unchangeable
	JobName    string   // required
	NeedNumber int      // required: how many people, 1 or more
	HireMode   HireMode // 0: not sent
	// Fields are all others, as the text of a JSON object with Moka's own names;
	// empty: none. The three above may not be among them.
	Fields []byte
}

// CreateHeadcount creates a headcount and returns its id, POST v1/headcount.
// Writes to headcounts have a limit of their own besides the quota (Moka
// documents 30 a minute).
func (c *Client) CreateHeadcount(ctx context.Context, p HeadcountParams) (id int64, err error) {
	if p.Number == "" || p.JobName == "" || p.NeedNumber < 1 {
		return 0, invalid(createHeadcount, errors.New("a headcount needs a number, a job's name and at least one person"))
	}
	var body object
	body.text("number", p.Number)
	body.text("jobName", p.JobName)
	body.number("needNumber", int64(p.NeedNumber))
	if len(p.Fields) > 0 {
		if err := body.add(p.Fields, "number", "jobName", "needNumber"); err != nil {
			return 0, invalid(createHeadcount, err)
		}
	}
	query := url.Values{}
	if p.HireMode != 0 {
		query.Set("currentHireMode", strconv.Itoa(int(p.HireMode)))
	}
	a, err := c.call(ctx, ClassWriteback, createHeadcount, request{query: query, body: body.bytes()})
	if err != nil {
		return 0, err
	}
	if id = c.item(a.headcount, headcount).ID; id == 0 {
		return 0, &Error{Kind: KindAmbiguous, Endpoint: createHeadcount.name, Err: errors.New("the headcount came back without an id")}
	}
	return id, nil
}

// UpdateHeadcount changes the given fields, the text of a JSON object with Moka's
// own names, PUT v1/headcount/{id}. A headcount's number cannot be changed.
func (c *Client) UpdateHeadcount(ctx context.Context, id int64, fields []byte) error {
	var body object
	if err := errors.Join(checkID("headcount", id), body.add(fields, "number")); err != nil {
		return invalid(updateHeadcount, err)
	}
	return c.write(ctx, updateHeadcount, request{id: strconv.FormatInt(id, 10), body: body.bytes()})
}

// DeleteHeadcount deletes a headcount, DELETE v1/headcount/{id}.
func (c *Client) DeleteHeadcount(ctx context.Context, id int64) error {
	if err := checkID("headcount", id); err != nil {
		return invalid(deleteHeadcount, err)
	}
	return c.write(ctx, deleteHeadcount, request{id: strconv.FormatInt(id, 10)})
}
