package company

import (
	"fmt"
	"slices"
	"strconv"
	"time"
)

// Headcount statuses, as Moka words them.
const (
	HeadcountUnstart   = "unstart"
	HeadcountOngoing   = "ongoing"
	HeadcountSuspended = "suspend"
	HeadcountComplete  = "complete"
	HeadcountTimeout   = "timeout"
)

// Headcount is the permission to hire some people (招聘需求).
type Headcount struct {
	ID          int64
	Number      string
	Name        string
	Type        string // planned or extra
	Status      string
	Need        int // how many are wanted
	Used        int // how many of them were hired
	Description string
	Department  *Department
	Commitment  string
	Owner       *Employee
	Managers    []*Employee
	Creator     *Employee
	Room        *Room // where the work is
	Ranks       []Rank
	Jobs        []*Job    // that recruit for it; may be empty
	StartDate   time.Time // zero: not said
	FinishBy    time.Time // zero: not said
	CreatedAt   time.Time
	UpdatedAt   time.Time
}

// Remaining is how many are still wanted, never below 0.
func (h *Headcount) Remaining() int { return max(h.Need-h.Used, 0) }

// Headcounts are those that exist, by id.
func (c *Company) Headcounts() []*Headcount { return c.headcounts }

// Headcount finds one by id; nil if there is none, or none any more.
func (c *Company) Headcount(id int64) *Headcount {
	at, ok := slices.BinarySearchFunc(c.headcounts, id, func(h *Headcount, id int64) int { return int(h.ID - id) })
	if !ok {
		return nil
	}
	return c.headcounts[at]
}

// newHeadcount adds one to the company and to its jobs, untold.
func (c *Company) newHeadcount(h Headcount, now time.Time) *Headcount {
	c.lastHeadcount++
	h.ID, h.CreatedAt, h.UpdatedAt = c.base+99+c.lastHeadcount, now, now
	if h.Number == "" {
		h.Number = fmt.Sprintf("HC%03d", c.lastHeadcount)
	}
	its := &h
	c.headcounts = append(c.headcounts, its)
	for _, job := range its.Jobs {
		job.Headcounts = append(job.Headcounts, its)
	}
	return its
}

// openHeadcount is a manager's request for one of the jobs.
func (c *Company) openHeadcount(now time.Time) {
	job := c.jobs[c.rng.IntN(len(c.jobs))]
	h := c.newHeadcount(Headcount{
		Name: job.Title + "-编制", Type: c.word("planned extra"), Status: c.word("unstart ongoing ongoing"), Need: 1 + c.rng.IntN(5),
		Department: job.Department, Commitment: job.Commitment, Owner: job.Manager, Managers: []*Employee{c.employee()},
		Creator: c.employee(), Room: c.rooms[c.rng.IntN(len(c.rooms))], Ranks: job.Ranks, Jobs: []*Job{job},
		StartDate: now, FinishBy: now.AddDate(0, 3, 0), Description: "<p>        扩充团队 & 新业务        </p>",
	}, now)
	c.tellAll(now, HeadcountOpened, nil, Change{Headcount: h, To: h.Status, Field: FieldHeadcountStatus, Is: h.Status})
}

// changeHeadcount does what is next for one of the headcounts.
func (c *Company) changeHeadcount(now time.Time) {
	h := c.headcounts[c.rng.IntN(len(c.headcounts))]
	switch dice := c.rng.IntN(10); {
	case h.Status == HeadcountUnstart:
		c.turnHeadcount(h, HeadcountChanged, HeadcountOngoing, now)
	case h.Status != HeadcountOngoing && dice < 5:
		if h.Remaining() == 0 {
			c.needHeadcount(h, h.Used+1, now)
			return
		}
		c.turnHeadcount(h, HeadcountChanged, HeadcountOngoing, now)
	case h.Status == HeadcountOngoing && dice < 2:
		c.turnHeadcount(h, HeadcountClosed, HeadcountSuspended, now)
	case h.Status == HeadcountOngoing && dice < 3:
		c.turnHeadcount(h, HeadcountClosed, HeadcountTimeout, now)
	default:
		c.needHeadcount(h, max(h.Used+c.rng.IntN(5), 1), now)
	}
}

func (c *Company) turnHeadcount(h *Headcount, kind Kind, status string, now time.Time) {
	from := h.Status
	h.Status = status
	c.tellAll(now, kind, nil, Change{Headcount: h, From: from, To: status, Field: FieldHeadcountStatus, Was: from, Is: status})
}

func (c *Company) needHeadcount(h *Headcount, need int, now time.Time) {
	if need == h.Need {
		need++
	}
	from := strconv.Itoa(h.Need)
	h.Need = need
	to := strconv.Itoa(need)
	c.tellAll(now, HeadcountChanged, nil, Change{Headcount: h, From: from, To: to, Field: FieldHeadcountNeed, Was: from, Is: to})
}

// use counts somebody hired under a headcount, which may fill it.
func (c *Company) use(h *Headcount, now time.Time) {
	if h.Status == HeadcountOngoing && h.Remaining() == 0 {
		c.turnHeadcount(h, HeadcountFilled, HeadcountComplete, now)
	}
}

// deleteHeadcount takes one out of the company; offers that name it keep their
// copy of what it was.
func (c *Company) deleteHeadcount(h *Headcount, now time.Time) {
	c.headcounts = slices.DeleteFunc(c.headcounts, func(other *Headcount) bool { return other == h })
	for _, job := range h.Jobs {
		job.Headcounts = slices.DeleteFunc(job.Headcounts, func(other *Headcount) bool { return other == h })
	}
	c.tellAll(now, HeadcountDeleted, nil, Change{Headcount: h, From: h.Status, Field: FieldExists, Was: "true", Is: "false"})
}

// free is a headcount of a job that still wants somebody; nil if none does.
func (j *Job) free() *Headcount {
	for _, h := range j.Headcounts {
		if h.Status == HeadcountOngoing && h.Remaining() > 0 {
			return h
		}
	}
	return nil
}
