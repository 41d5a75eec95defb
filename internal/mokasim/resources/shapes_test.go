package resources_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mokafka/mokafka/internal/mokasim/company"
	"github.com/mokafka/mokafka/internal/mokasim/payload"
	"github.com/mokafka/mokafka/internal/mokasim/resources"
)

var start = time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC)

// lived is a company some weeks into its story.
func lived(settings company.Settings, steps int) (*company.Company, time.Time) {
	c := company.Found(settings, start, nil)
	now := start
	for n := range steps {
		now = start.Add(time.Duration(n) * time.Minute)
		c.Step(now)
	}
	return c, now.Add(time.Minute)
}

func view(c *company.Company, now time.Time) resources.View {
	return resources.View{Company: c, OrgID: "demo", Now: now, Number: 1}
}

func text(t *testing.T, answer resources.Answer) []byte {
	t.Helper()
	body, err := payload.Stringify(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	if answer.Status != 200 {
		t.Fatalf("status %d: %s", answer.Status, body)
	}
	return body
}

// shape maps each path of JSON texts to the types seen there; the elements of a
// list share the path of the list with [] behind it.
type shape map[string]map[string]bool

func (s shape) add(t *testing.T, body []byte) {
	t.Helper()
	var value any
	if err := json.Unmarshal(body, &value); err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	s.walk("", value)
}

func (s shape) walk(path string, value any) {
	if s[path] == nil {
		s[path] = map[string]bool{}
	}
	s[path][fmt.Sprintf("%T", value)] = true
	switch value := value.(type) {
	case map[string]any:
		for key, inner := range value {
			s.walk(path+"."+key, inner)
		}
	case []any:
		for _, inner := range value {
			s.walk(path+"[]", inner)
		}
	}
}

var capital = regexp.MustCompile(`"(Candidate)(\w*)":`)

// sample is the shape of a documented sample, whose machine translation wrote
// some keys with a capital.
func sample(t *testing.T, name string) shape {
	t.Helper()
	body, err := os.ReadFile(filepath.Join("testdata", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	s := shape{}
	s.add(t, capital.ReplaceAll(body, []byte(`"candidate$2":`)))
	return s
}

// under reports whether a path is one of some, or inside one of them.
func under(path string, some []string) bool {
	return slices.ContainsFunc(some, func(one string) bool {
		return path == one || strings.HasPrefix(path, one+".") || strings.HasPrefix(path, one+"[")
	})
}

// conform compares the answers with a sample: nothing of it may be missing but
// what the company has nothing of, and nothing be there besides but what field
// tables name. Types must be the sample's, where it shows any; null may be
// either.
func conform(t *testing.T, name string, bodies [][]byte, missing, more []string) {
	t.Helper()
	ours, theirs := shape{}, sample(t, name)
	for _, body := range bodies {
		ours.add(t, body)
	}
	for _, path := range slices.Sorted(maps.Keys(theirs)) {
		switch {
		case under(path, missing):
		case ours[path] == nil:
			t.Errorf("%s: there is no %s", name, path)
		default:
			for kind := range theirs[path] {
				if kind != "<nil>" && !ours[path][kind] && len(theirs[path]) == 1 && (len(ours[path]) != 1 || !ours[path]["<nil>"]) {
					t.Errorf("%s: %s is never %s but %v", name, path, kind, slices.Collect(maps.Keys(ours[path])))
				}
			}
		}
	}
	for _, path := range slices.Sorted(maps.Keys(ours)) {
		if theirs[path] == nil && !under(path, more) && !under(path, missing) {
			t.Errorf("%s: %s is not documented (%v)", name, path, slices.Collect(maps.Keys(ours[path])))
		}
	}
}

// What field tables and the sample of another place name, or lists that the
// samples leave empty.
var (
	v2More = []string{
		".data[].activities", ".data[].basicInfo.appliedAt", ".data[].basicInfo.attachments[]", ".data[].basicInfo.prefixPhone",
		".data[].basicInfo.customFields[].value[]", ".data[].basicInfo.label[]", ".data[].basicInfo.operator", ".data[].basicInfo.referrer",
		".data[].interviewInfo[].interviewerFeedbacks[].feedbackTime", ".data[].jobInfo.competencyType", ".data[].jobInfo.completeTime",
		".data[].jobInfo.department.info.departmentCode", ".data[].jobInfo.department.info.parentAPICode",
		".data[].jobInfo.jobRanksInfo[].type", ".data[].offerInfo.createdAt",
	}
	v1More = []string{
		".data[].created_at", ".data[].headcountInfo[]", ".data[].interviewers[]", ".data[].job.competencyType",
		".data[].jobRanksInfo[]", ".data[].location", ".data[].offer.createdAt", ".data[].offer.status",
	}
	movedMore = []string{
		"[].certificateType", "[].birthDate", "[].customFields[].index", "[].experienceInfo[]", "[].invitationUpdateStatus",
		"[].jobRanksInfo[]", "[].languageInfo[]", "[].referrer", "[].job.customFields", "[].offer.salaryNumber",
		"[].offer.checkinDate", "[].offer.location", "[].offer.creator", "[].offer.finishedAt", "[].offer.customFields",
		"[].offer.departmentName", "[].offer.departmentCode", "[].offer.parentDepartmentCode", "[].offer.departmentPath",
		"[].offer.offerLastSentAt",
	}
)

func inside(key string, paths []string) (all []string) {
	for _, path := range paths {
		all = append(all, key+path)
	}
	return all
}

func TestAnswersHaveTheSamplesKeys(t *testing.T) {
	c, now := lived(company.Settings{Seed: 3, Applications: 200}, 3_000)
	v := view(c, now)
	old := start.AddDate(-5, 0, 0)
	v2 := walked(t, func(next string) resources.Answer {
		return v.Applications(resources.ApplicationsQuery{Next: next, UpdatedFrom: start, OfferAttachment: true})
	})
	conform(t, "v2_data_ehrApplications", v2, []string{ // the company has none of these
		".data[].basicInfo.awardInfo[]", ".data[].basicInfo.practiceInfo[]", ".data[].examInfo.exams[]", ".data[].examInfo.surveys[]",
		".data[].jobInfo.jobAssistants[]",
	}, v2More)
	conform(t, "v1_data_ehrApplications", walked(t, func(next string) resources.Answer {
		return v.ApplicationsV1(resources.ApplicationsV1Query{Stage: "all", Next: next})
	}), []string{".data[].awardInfo[]", ".data[].examAttachments[]", ".data[].examReportLinks[]"}, v1More)
	conform(t, "v1_data_movedApplications", walked(t, func(next string) resources.Answer {
		return v.MovedApplications(resources.MovedQuery{From: old, Next: next, ReqType: "all"})
	}), nil, inside(".data", movedMore))
	conform(t, "v1_data_moved_applications", [][]byte{text(t, v.MarkedApplications(resources.MovedQuery{From: start}))}, nil, movedMore)
	feed := func(ask func(resources.FeedQuery) resources.Answer) [][]byte {
		return walked(t, func(next string) resources.Answer { return ask(resources.FeedQuery{From: old, Next: next, Limit: 5}) })
	}
	conform(t, "v1_data_applications", feed(v.ApplicationFeed), nil, nil)
	conform(t, "data_headcounts", feed(v.HeadcountFeed), nil, []string{".next"})
	conform(t, "v1_data_interviewer_feedbacks", feed(v.FeedbackFeed), nil, []string{".data[].interviewType", ".data[].updatedAt"})
	conform(t, "v1_interviews", [][]byte{text(t, v.Interviews(resources.InterviewsQuery{From: start, Until: start.AddDate(0, 0, 20)}))},
		nil, []string{".data[].jobs", ".data[].roomId", ".data[].roomName"})
}

func TestListsAndHeadcountsHaveTheSamplesKeys(t *testing.T) {
	c, now := lived(company.Settings{Seed: 3}, 3_000)
	v := view(c, now)
	one := func(answer resources.Answer) [][]byte { return [][]byte{text(t, answer)} }
	full := []string{".headcount.connectedJobIds[]", ".headcount.connectedJobs[]"}
	conform(t, "headcount_get", one(v.Headcount(c.Headcounts()[0].ID)), nil, full)
	for len(c.Headcounts()) > 21 {
		if err := c.By("somebody", now).DeleteHeadcount(c.Headcounts()[0].ID); err != nil {
			t.Fatal(err)
		}
	}
	if body := text(t, v.Headcounts(resources.HeadcountsQuery{Page: 1})); strings.Count(string(body), `"needNumber"`) != 20 {
		t.Errorf("a page is %s", body)
	}
	// A page of one is the sample's form.
	conform(t, "headcounts_page", one(v.Headcounts(resources.HeadcountsQuery{Page: 2})), nil,
		append(full, ".headcount.customData", ".headcount.ownerEmail"))
	if body := text(t, v.Headcounts(resources.HeadcountsQuery{Page: 3})); string(body) != `{"headcount":[]}` {
		t.Errorf("a page behind the last is %s", body)
	}
	var counts struct{ StatusCount map[string]int }
	if err := json.Unmarshal(text(t, v.HeadcountCount(1)), &counts); err != nil {
		t.Fatal(err)
	}
	all := 0
	for _, count := range counts.StatusCount {
		all += count
	}
	if all != 21 || counts.StatusCount[company.HeadcountOngoing] == 0 {
		t.Errorf("counted %+v of 21", counts)
	}
	conform(t, "headcount_minimal_headcounts", one(v.MinimalHeadcounts(1)), nil, []string{".headcounts[].departmentCode"})
	var app *company.Application
	for each := range c.Awake() {
		app = each
	}
	conform(t, "getApplicationStates", one(v.ApplicationStates(app.Candidate.ID)), nil, nil)
	conform(t, "v1_data_job_stages", one(v.JobStages(app.Job.ID)), nil, nil)
	conform(t, "v1_archiveReasons", one(v.ArchiveReasons()), nil, []string{".success", ".data[].type"})
	conform(t, "v2_stages_list", one(v.Stages()), nil, nil)
	conform(t, "v2_pipelines_list", one(v.Pipelines()), nil, nil)
}

// walked follows next until there is none.
func walked(t *testing.T, ask func(next string) resources.Answer) (bodies [][]byte) {
	t.Helper()
	next := ""
	for range 2_000 {
		body := text(t, ask(next))
		bodies = append(bodies, body)
		var answer struct{ Next string }
		if err := json.Unmarshal(body, &answer); err != nil {
			t.Fatal(err)
		}
		if answer.Next == "" {
			return bodies
		}
		next = answer.Next
	}
	t.Fatal("the pages have no end")
	return nil
}
