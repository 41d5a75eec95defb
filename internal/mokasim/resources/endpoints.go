package resources

// Applications answers POST v2/data/ehrApplications.
func (v View) Applications(q ApplicationsQuery) Answer { return found(nil) }

// ApplicationsV1 answers GET v1/data/ehrApplications.
func (v View) ApplicationsV1(q ApplicationsV1Query) Answer { return found(nil) }

// MovedApplications answers GET v1/data/movedApplications.
func (v View) MovedApplications(q MovedQuery) Answer { return found(nil) }

// MarkedApplications answers GET v1/data/moved_applications, a bare array.
func (v View) MarkedApplications(q MovedQuery) Answer { return found(nil) }

// ApplicationFeed answers GET v1/data/applications.
func (v View) ApplicationFeed(q FeedQuery) Answer { return found(nil) }

// HeadcountFeed answers GET v1/data/headcounts.
func (v View) HeadcountFeed(q FeedQuery) Answer { return found(nil) }

// FeedbackFeed answers GET v1/data/interviewer_feedbacks.
func (v View) FeedbackFeed(q FeedQuery) Answer { return found(nil) }

// Headcount answers GET v1/headcount/{id}.
func (v View) Headcount(id int64) Answer { return found(nil) }

// Headcounts answers GET v1/headcounts.
func (v View) Headcounts(q HeadcountsQuery) Answer { return found(nil) }

// MinimalHeadcounts answers GET v1/headcount/minimal_headcounts.
func (v View) MinimalHeadcounts(hireMode int) Answer { return found(nil) }

// HeadcountCount answers GET v1/headcount_status/count.
func (v View) HeadcountCount(hireMode int) Answer { return found(nil) }

// Interviews answers GET v1/interviews.
func (v View) Interviews(q InterviewsQuery) Answer { return found(nil) }

// ApplicationStates answers POST candidate/v1/getApplicationStates, which is
// asked for a candidate and answers with all the candidate's applications.
func (v View) ApplicationStates(candidateID int64) Answer { return found(nil) }

// JobStages answers GET v1/data/job_stages, a bare array.
func (v View) JobStages(jobID string) Answer { return found(nil) }

// ArchiveReasons answers GET v1/archiveReasons.
func (v View) ArchiveReasons() Answer { return found(nil) }

// Stages answers GET v2/stage/getStagesList.
func (v View) Stages() Answer { return found(nil) }

// Pipelines answers GET v2/pipelines/getPipelinesList.
func (v View) Pipelines() Answer { return found(nil) }

// PipelineRows answers GET v1/pipelines/list.
func (v View) PipelineRows(hireMode int) Answer { return found(nil) }
