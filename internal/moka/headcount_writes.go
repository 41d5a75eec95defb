package moka

import "context"

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
	return c.createHeadcount(ctx, p)
}

// UpdateHeadcount changes the given fields, the text of a JSON object with Moka's
// own names, PUT v1/headcount/{id}. A headcount's number cannot be changed.
func (c *Client) UpdateHeadcount(ctx context.Context, id int64, fields []byte) error {
	return c.updateHeadcount(ctx, id, fields)
}

// DeleteHeadcount deletes a headcount, DELETE v1/headcount/{id}.
func (c *Client) DeleteHeadcount(ctx context.Context, id int64) error {
	return c.deleteHeadcount(ctx, id)
}
