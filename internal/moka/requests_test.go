package moka_test

import (
	"context"
	"encoding/base64"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mokafka/mokafka/internal/moka"
)

// Every operation sends what Moka documents, and takes Moka's own sample of an
// answer for a success.
func TestRequests(t *testing.T) {
	noon := time.Date(2026, 11, 22, 4, 0, 0, 123_456_789, time.UTC) // 12:00 in Beijing
	by := moka.Operator{Name: "李明", Phone: "18600000001"}
	operator := `"operator":{"name":"李明","phone":"18600000001"}`
	const yes = `{"success":true}`
	class := moka.ClassIncremental
	for _, tt := range []struct {
		name   string
		answer string // a sample's name, or the text
		do     func(ctx context.Context, c *moka.Client) error
		want   call
	}{
		{"applications by time", "v2_data_ehrApplications", func(ctx context.Context, c *moka.Client) error {
			_, err := c.Applications(ctx, class, moka.ApplicationsQuery{UpdatedFrom: noon, UpdatedUntil: noon.Add(time.Hour), Limit: 20})
			return err
		}, call{Method: "POST", Path: "v2/data/ehrApplications",
			Body: `{"updateAtStartTime":"2026-11-22T12:00:00.123Z","updateAtEndTime":"2026-11-22T13:00:00.124Z","limit":20}`}},
		{"applications by id", "v2_data_ehrApplications", func(ctx context.Context, c *moka.Client) error {
			_, err := c.Applications(ctx, class, moka.ApplicationsQuery{IDs: []int64{1, 22}})
			return err
		}, call{Method: "POST", Path: "v2/data/ehrApplications", Body: `{"applicationIds":[1,22]}`}},
		{"applications, next page", "v2_data_ehrApplications", func(ctx context.Context, c *moka.Client) error {
			_, err := c.Applications(ctx, class, moka.ApplicationsQuery{UpdatedFrom: noon, Next: "a=="})
			return err
		}, call{Method: "POST", Path: "v2/data/ehrApplications", Body: `{"updateAtStartTime":"2026-11-22T12:00:00.123Z","next":"a=="}`}},
		{"applications v1 by id", "v1_data_ehrApplications", func(ctx context.Context, c *moka.Client) error {
			_, err := c.ApplicationsV1(ctx, class, moka.ApplicationsV1Query{IDs: []int64{81, 82}, Stage: moka.StageOffer})
			return err
		}, call{Method: "GET", Path: "v1/data/ehrApplications", Query: "applicationId=81%2C82"}},
		{"applications v1 by stage", "v1_data_ehrApplications", func(ctx context.Context, c *moka.Client) error {
			_, err := c.ApplicationsV1(ctx, class, moka.ApplicationsV1Query{Stage: moka.StageOfferOrCheckin, MovedFrom: noon, MovedUntil: noon, Next: "n", Limit: 5})
			return err
		}, call{Method: "GET", Path: "v1/data/ehrApplications",
			Query: "limit=5&movedAtEndTime=2026-11-22T12%3A00%3A00.124Z&movedAtStartTime=2026-11-22T04%3A00%3A00.123Z&next=n&order=ASC&stage=all"}},
		{"moved applications never mark", "v1_data_movedApplications", func(ctx context.Context, c *moka.Client) error {
			_, err := c.MovedApplications(ctx, class, moka.MovedQuery{From: noon})
			return err
		}, call{Method: "GET", Path: "v1/data/movedApplications", Query: "fromTime=2026-11-22&reqType=all&stage=all"}},
		{"moved applications, next page", "v1_data_movedApplications", func(ctx context.Context, c *moka.Client) error {
			_, err := c.MovedApplications(ctx, class, moka.MovedQuery{From: noon, Next: "2019-01-16T07:56:44.000Z_44803"})
			return err
		}, call{Method: "GET", Path: "v1/data/movedApplications", Query: "next=2019-01-16T07%3A56%3A44.000Z_44803&reqType=all&stage=all"}},
		{"headcounts", "data_headcounts", func(ctx context.Context, c *moka.Client) error {
			_, err := c.Headcounts(ctx, class, moka.FeedQuery{From: time.Date(2018, 1, 1, 17, 0, 0, 0, time.UTC), Limit: 500})
			return err
		}, call{Method: "GET", Path: "v1/data/headcounts", Query: "fromTime=2018-1-1&limit=500"}},
		{"headcount", "headcount_get", func(ctx context.Context, c *moka.Client) error {
			_, _, err := c.Headcount(ctx, class, 10)
			return err
		}, call{Method: "GET", Path: "v1/headcount/10"}},
		{"interviews", "v1_interviews", func(ctx context.Context, c *moka.Client) error {
			// 16:00 UTC is the next day in Beijing.
			from := time.Date(2026, 11, 21, 16, 0, 0, 0, time.UTC)
			_, err := c.Interviews(ctx, class, moka.InterviewsQuery{From: from, Until: from.AddDate(0, 0, 31), HireMode: moka.CampusHiring})
			return err
		}, call{Method: "GET", Path: "v1/interviews",
			Query: "endDate=2026-12-23T00%3A00%3A00.000Z&hireMode=2&startDate=2026-11-22T00%3A00%3A00.000Z"}},
		{"interviews by creation", "v1_interviews", func(ctx context.Context, c *moka.Client) error {
			_, err := c.Interviews(ctx, class, moka.InterviewsQuery{CreatedFrom: noon, CreatedUntil: noon})
			return err
		}, call{Method: "GET", Path: "v1/interviews",
			Query: "createEndDate=2026-11-22T00%3A00%3A00.000Z&createStartDate=2026-11-22T00%3A00%3A00.000Z"}},
		{"feedbacks", "v1_data_interviewer_feedbacks", func(ctx context.Context, c *moka.Client) error {
			_, err := c.InterviewerFeedbacks(ctx, class, moka.FeedQuery{Next: "8465195468"})
			return err
		}, call{Method: "GET", Path: "v1/data/interviewer_feedbacks", Query: "next=8465195468"}},
		{"states", "getApplicationStates", func(ctx context.Context, c *moka.Client) error {
			_, err := c.ApplicationStates(ctx, class, 201232883)
			return err
		}, call{Method: "POST", Path: "candidate/v1/getApplicationStates", Body: `{"candidateId":201232883}`}},
		{"stages", "v1_data_job_stages", func(ctx context.Context, c *moka.Client) error {
			_, err := c.JobStages(ctx, class, "xiaozhao3")
			return err
		}, call{Method: "GET", Path: "v1/data/job_stages", Query: "jobId=xiaozhao3"}},
		{"reasons", "v1_archiveReasons", func(ctx context.Context, c *moka.Client) error {
			_, err := c.ArchiveReasons(ctx, class)
			return err
		}, call{Method: "GET", Path: "v1/archiveReasons"}},

		{"move stage", `{"code":0,"msg":"Success"}`, func(ctx context.Context, c *moka.Client) error {
			return c.MoveStage(ctx, 96, 4)
		}, call{Method: "PUT", Path: "v1/applications/move_application_stage", Query: "applicationId=96&stageId=4"}},
		{"hired", yes, func(ctx context.Context, c *moka.Client) error {
			return c.MarkHired(ctx, 33582, moka.HiredParams{HiredAt: time.Date(2018, 8, 6, 16, 0, 0, 0, time.UTC), ProbationMonths: 3, HeadcountID: ptr(int64(5))})
		}, call{Method: "PUT", Path: "v1/applications/33582/hired", Body: `{"hiredAt":"2018-08-06T16:00:00.000Z","probation":3,"hcId":5}`}},
		{"hired without headcount", yes, func(ctx context.Context, c *moka.Client) error {
			return c.MarkHired(ctx, 1, moka.HiredParams{HiredAt: noon, UseOfferHeadcount: ptr(true)})
		}, call{Method: "PUT", Path: "v1/applications/1/hired", Body: `{"hiredAt":"2026-11-22T04:00:00.123Z","probation":0,"isUseOfferHcid":1}`}},
		{"gave up", yes, func(ctx context.Context, c *moka.Client) error {
			return c.MarkRejected(ctx, 1, moka.RejectedParams{ReasonID: ptr(int64(133)), TalentPoolID: "7", Detail: `"far"`})
		}, call{Method: "PUT", Path: "v1/applications/1/rejected", Body: `{"archiveReasonId":133,"talentPoolId":"7","detail":"\"far\""}`}},
		{"gave up without a word", yes, func(ctx context.Context, c *moka.Client) error {
			return c.MarkRejected(ctx, 1, moka.RejectedParams{})
		}, call{Method: "PUT", Path: "v1/applications/1/rejected", Body: `{}`}},
		{"regular", yes, func(ctx context.Context, c *moka.Client) error {
			return c.MarkRegular(ctx, 1, moka.RegularParams{Regular: true, At: &noon})
		}, call{Method: "PUT", Path: "v1/applications/1/corrected", Body: `{"status":1,"correctedAt":"2026-11-22T04:00:00.123Z"}`}},
		{"resigned", `{"code":"200","errorMessage":"success"}`, func(ctx context.Context, c *moka.Client) error {
			return c.MarkResigned(ctx, 1, moka.ResignedParams{Detail: "世界那么大", Reason: ptr(1), At: &noon, TalentPoolIDs: []int64{3},
				ReasonTypeID: ptr(int64(9)), OperatorEmail: "a@b.c", WriteJob: true, JobName: "HR"})
		}, call{Method: "PUT", Path: "v1/applications/1/resign", Body: `{"detail":"世界那么大","reasonType":9,"reason":1,` +
			`"time":"2026-11-22T04:00:00.123Z","email":"a@b.c","talentPoolId":[3],"isResignWriteJob":1,"resignJobName":"HR"}`}},
		{"offer accepted", `{"code":0}`, func(ctx context.Context, c *moka.Client) error {
			return c.SetOfferStatus(ctx, 89, moka.OfferStatusParams{Accepted: true, AnsweredAt: &noon})
		}, call{Method: "PUT", Path: "v1/offer/status", Query: "accepted=1&applicationId=89&fbTime=2026-11-22T04%3A00%3A00.123Z"}},
		{"offer rejected", `{"code":0}`, func(ctx context.Context, c *moka.Client) error {
			return c.SetOfferStatus(ctx, 89, moka.OfferStatusParams{ReasonID: ptr(int64(1)), TalentPoolID: ptr(int64(2))})
		}, call{Method: "PUT", Path: "v1/offer/status", Query: "accepted=0&applicationId=89&reasonId=1&talentPoolId=2"}},
		{"offer approval", yes, func(ctx context.Context, c *moka.Client) error {
			return c.SetOfferApproval(ctx, 12, moka.Denied)
		}, call{Method: "PUT", Path: "v1/applications/offerApproval", Body: `{"applicationId":12,"status":2}`}},
		{"fake offer", `{"id":"gesk7uO58DZeThxx"}`, func(ctx context.Context, c *moka.Client) error {
			_, err := c.CreateOffer(ctx, 12798, by)
			return err
		}, call{Method: "POST", Path: "v1/offers", Body: `{"applicationId":12798,` + operator + `}`}},
		{"fake offer accepted", ``, func(ctx context.Context, c *moka.Client) error {
			return c.AcceptOffer(ctx, "gesk7uO58DZeThxx", by)
		}, call{Method: "PUT", Path: "v1/offers/gesk7uO58DZeThxx/accept", Body: `{` + operator + `}`}},
		{"fake offer deleted", `ok`, func(ctx context.Context, c *moka.Client) error {
			return c.DeleteOffer(ctx, "a/b", by)
		}, call{Method: "PUT", Path: "v1/offers/a/b/delete", Body: `{` + operator + `}`}},
		{"candidate hired", yes, func(ctx context.Context, c *moka.Client) error {
			return c.MarkCandidateHired(ctx, 12798, by)
		}, call{Method: "PUT", Path: "v1/candidates/12798/hired", Body: `{` + operator + `}`}},
		{"candidate rejects", `{}`, func(ctx context.Context, c *moka.Client) error {
			return c.RejectCandidate(ctx, 12798, moka.RejectCandidateParams{ReasonID: 133, OfferID: "g"}, by)
		}, call{Method: "PUT", Path: "v1/candidates/12798/reject", Body: `{"archiveReasonId":133,"offerId":"g",` + operator + `}`}},
		{"headcount created", "headcount_create_response", func(ctx context.Context, c *moka.Client) error {
			id, err := c.CreateHeadcount(ctx, moka.HeadcountParams{Number: "hc", JobName: "工程师", NeedNumber: 1,
				HireMode: moka.SocialHiring, Fields: []byte(` {"customData": {"1":"x"}, "jobRankIds":[1,3]} `)})
			if err == nil && id != 1 {
				t.Errorf("id %d", id)
			}
			return err
		}, call{Method: "POST", Path: "v1/headcount", Query: "currentHireMode=1",
			Body: `{"number":"hc","jobName":"工程师","needNumber":1,"customData":{"1":"x"},"jobRankIds":[1,3]}`}},
		{"headcount updated", "headcount_update_response", func(ctx context.Context, c *moka.Client) error {
			return c.UpdateHeadcount(ctx, 1, []byte(`{"needNumber":10}`))
		}, call{Method: "PUT", Path: "v1/headcount/1", Body: `{"needNumber":10}`}},
		{"headcount deleted", "ok", func(ctx context.Context, c *moka.Client) error {
			return c.DeleteHeadcount(ctx, 1)
		}, call{Method: "DELETE", Path: "v1/headcount/1"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			answer := tt.answer
			if answer != "" && answer[0] != '{' && answer != "ok" {
				answer = sample(t, answer)
			}
			s := serve(t, says(http.StatusOK, answer))
			if err := tt.do(t.Context(), client(t, s.URL)); err != nil {
				t.Fatal(err)
			}
			want := tt.want
			want.Path = "/api-platform/" + want.Path
			want.Auth = "Basic " + base64.StdEncoding.EncodeToString([]byte(testKey+":"))
			if diff := cmp.Diff([]call{want}, s.seen()); diff != "" {
				t.Error(diff)
			}
		})
	}
}
