package moka

import (
	"context"
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
	return c.applicationStates(ctx, class, candidateID)
}

// Stage is a stage (阶段) of a job's pipeline.
type Stage struct {
	ID   int64
	Name string
}

// JobStages lists the stages that an application for the job may be moved to,
// GET v1/data/job_stages.
func (c *Client) JobStages(ctx context.Context, class Class, jobID string) ([]Stage, error) {
	return c.jobStages(ctx, class, jobID)
}

// Reason is a reason for archiving an application (归档原因).
type Reason struct {
	ID   int64
	Name string
	Type int // 1: the candidate's, 2: ours; 0 where Moka does not say
}

// ArchiveReasons lists the organisation's reasons, GET v1/archiveReasons.
func (c *Client) ArchiveReasons(ctx context.Context, class Class) ([]Reason, error) {
	return c.archiveReasons(ctx, class)
}
