package moka

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"
)

// ApplicationState is an application as getApplicationStates tells it.
type ApplicationState struct {
	ApplicationID int64
	Status        string // in_progress, rejected or hired
	StageName     string
	CreatedAt     time.Time // zero where Moka gives none
}

// ApplicationStates reads the states of all applications of one candidate, POST
// candidate/v1/getApplicationStates. Moka takes a candidate's id there, not
// those of applications.
func (c *Client) ApplicationStates(ctx context.Context, class Class, candidateID int64) ([]ApplicationState, error) {
	if err := checkID("candidate", candidateID); err != nil {
		return nil, invalid(applicationStates, err)
	}
	var body object
	body.number("candidateId", candidateID)
	a, err := c.call(ctx, class, applicationStates, request{body: body.bytes()})
	if err != nil {
		return nil, err
	}
	return list(applicationStates, a, func(s *ApplicationState, name string, v raw) {
		switch name {
		case "applicationid":
			s.ApplicationID = v.id()
		case "status":
			s.Status = v.text()
		case "stagename":
			s.StageName = v.text()
		case "createdat":
			s.CreatedAt = when(v, c.location)
		}
	})
}

// Stage is a stage (阶段) of a job's pipeline.
type Stage struct {
	ID   int64
	Name string
}

// JobStages lists the stages that an application for the job may be moved to,
// GET v1/data/job_stages.
func (c *Client) JobStages(ctx context.Context, class Class, jobID string) ([]Stage, error) {
	if jobID == "" {
		return nil, invalid(jobStages, errors.New("no job"))
	}
	a, err := c.call(ctx, class, jobStages, request{query: url.Values{"jobId": {jobID}}})
	if err != nil {
		return nil, err
	}
	return list(jobStages, a, func(s *Stage, name string, v raw) {
		switch name {
		case "id":
			s.ID = v.id()
		case "name":
			s.Name = v.text()
		}
	})
}

// Reason is a reason for archiving an application (归档原因).
type Reason struct {
	ID   int64
	Name string
	Type int // 1: the candidate's, 2: ours; 0 where Moka does not say
}

// ArchiveReasons lists the organisation's reasons, GET v1/archiveReasons.
func (c *Client) ArchiveReasons(ctx context.Context, class Class) ([]Reason, error) {
	a, err := c.call(ctx, class, archiveReasons, request{})
	if err != nil {
		return nil, err
	}
	return list(archiveReasons, a, func(r *Reason, name string, v raw) {
		switch name {
		case "id":
			r.ID = v.id()
		case "name":
			r.Name = v.text()
		case "type":
			r.Type = int(v.integer())
		}
	})
}

// list reads a reply's list of small records.
func list[T any](e endpoint, a reply, set func(record *T, name string, v raw)) ([]T, error) {
	var all []T
	err := elements(a.data, func(v raw) {
		var record T
		_ = members(v, func(name string, v raw) { set(&record, name, v) }) // read as JSON already
		all = append(all, record)
	})
	if err != nil {
		return nil, &Error{Kind: KindProtocol, Endpoint: e.name, Err: fmt.Errorf("read the list: %w", err)}
	}
	return all, nil
}
