package resources

import "strconv"

// ApplicationStates answers POST candidate/v1/getApplicationStates, which is
// asked for a candidate and answers with all the candidate's applications:
// in_progress, rejected or hired. Of somebody unknown there are none.
func (v View) ApplicationStates(candidateID int64) Answer {
	r, items := v.reading(), []object{}
	for _, app := range v.Company.OfCandidate(candidateID) {
		status := "in_progress"
		switch {
		case !app.HiredAt.IsZero():
			status = "hired"
		case app.Archive != nil:
			status = "rejected"
		}
		items = append(items, object{
			{"applicationId", r.id(app.ID)}, {"status", status}, {"stageName", app.Stage.Name}, {"createdAt", millis(app.CreatedAt)},
		})
	}
	return found(object{{"code", 0}, {"msg", "success"}, {"data", items}})
}

// JobStages answers GET v1/data/job_stages, a bare array; of an unknown job an
// empty one.
func (v View) JobStages(jobID string) Answer {
	items := []object{}
	if v.Company.Job(jobID) != nil {
		for _, stage := range v.Company.Stages() {
			items = append(items, object{{"id", stage.ID}, {"name", stage.Name}})
		}
	}
	return found(items)
}

// ArchiveReasons answers GET v1/archiveReasons.
func (v View) ArchiveReasons() Answer {
	items := []object{}
	for _, reason := range v.Company.Reasons() {
		items = append(items, object{{"id", reason.ID}, {"name", reason.Name}, {"type", reason.Type}})
	}
	return found(object{{"success", true}, {"data", items}})
}

// Stages answers GET v2/stage/getStagesList. Its lists are JSON text, and it
// shows no ids.
func (v View) Stages() Answer {
	items := []object{}
	for _, stage := range v.Company.Stages() {
		items = append(items, object{
			{"entryConditions", "[]"}, {"disabled", false}, {"operationIds", "[2,14,11,17]"}, {"name", stage.Name}, {"type", stage.Type},
		})
	}
	return found(object{{"code", 200}, {"msg", "success"}, {"data", items}})
}

const pipelineName = "默认招聘流程"

// Pipelines answers GET v2/pipelines/getPipelinesList: one, which may be the bare
// object. Its lists are JSON text.
func (v View) Pipelines() Answer {
	ids := []int64{}
	for _, stage := range v.Company.Stages() {
		ids = append(ids, stage.ID)
	}
	pipeline := object{
		{"id", strconv.FormatInt(v.Company.PipelineID(), 10)}, {"departmentIds", "[]"}, {"disabled", false}, {"entryConditions", ""},
		{"hireMode", 1}, {"isOptimizedDeptIds", false}, {"name", pipelineName}, {"stageIds", jsonText(ids)},
	}
	return found(object{{"code", 200}, {"msg", "success"}, {"data", v.reading().list([]object{pipeline})}})
}

// PipelineRows answers GET v1/pipelines/list.
func (v View) PipelineRows(hireMode int) Answer {
	rows := []object{}
	if hireMode != 2 {
		rows = append(rows, object{{"id", v.Company.PipelineID()}, {"name", pipelineName}, {"disabled", false}})
	}
	return found(object{{"rows", rows}})
}
