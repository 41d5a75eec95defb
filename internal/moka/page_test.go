package moka_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mokafka/mokafka/internal/moka"
)

func at(text string) time.Time {
	parsed, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		panic(err)
	}
	return parsed
}

// Moka's own samples, read as pages: ids, times, next, and the items as sent.
func TestSamples(t *testing.T) {
	read := func(t *testing.T, name string, page func(*moka.Client) (moka.Page, error)) moka.Page {
		t.Helper()
		p, err := page(client(t, serve(t, says(http.StatusOK, sample(t, name))).URL))
		if err != nil {
			t.Fatal(err)
		}
		for i, item := range p.Items {
			if !strings.Contains(sample(t, name), string(item.Body)) || !json.Valid(item.Body) {
				t.Errorf("item %d is not as sent", i)
			}
		}
		return p
	}
	class := moka.ClassIncremental
	for _, tt := range []struct {
		name string
		page func(*moka.Client) (moka.Page, error)
		want moka.Page
	}{
		{"v2_data_ehrApplications", func(c *moka.Client) (moka.Page, error) {
			return c.Applications(t.Context(), class, moka.ApplicationsQuery{})
		}, moka.Page{Sorted: true,
			Next: "eyJsaW1pdCI6MSwibmV4dElkIjoyMDAwMjM0ODksIm5leHRVcGRhdGVBdCI6IjIwMjEtMDctMDFUMTc6NDU6NTAiLCJvcmdJZCI6InNkaWNmdW5kIn0=",
			Items: []moka.Item{{ID: 200012943, ApplicationIDs: []int64{200012943},
				UpdatedAt: at("2021-06-09T06:14:38Z"), MovedAt: at("2021-04-22T11:47:05Z")}}}},
		{"v1_data_ehrApplications", func(c *moka.Client) (moka.Page, error) {
			return c.ApplicationsV1(t.Context(), class, moka.ApplicationsV1Query{Stage: "all"})
		}, moka.Page{Items: []moka.Item{{ID: 47151744, ApplicationIDs: []int64{47151744}},
			{ID: 47168265, ApplicationIDs: []int64{47168265}}}, Next: "47168265"}},
		{"v1_data_movedApplications", func(c *moka.Client) (moka.Page, error) {
			return c.MovedApplications(t.Context(), class, moka.MovedQuery{Next: "x"})
		}, moka.Page{Next: "2019-01-16T07:56:44.000Z_44803",
			Items: []moka.Item{{ID: 23191, ApplicationIDs: []int64{23191}, MovedAt: at("2019-01-25T10:25:36Z")},
				{ID: 44803, ApplicationIDs: []int64{44803}, MovedAt: at("2019-01-16T07:56:44Z")}}}},
		{"data_headcounts", func(c *moka.Client) (moka.Page, error) {
			return c.Headcounts(t.Context(), class, moka.FeedQuery{Next: "x"})
		}, moka.Page{Sorted: true, Items: []moka.Item{
			{ID: 367824, UpdatedAt: at("2022-03-25T06:25:36Z")}, {ID: 180790, UpdatedAt: at("2022-03-29T09:03:00Z")}}}},
		{"v1_interviews", func(c *moka.Client) (moka.Page, error) {
			return c.Interviews(t.Context(), class, moka.InterviewsQuery{From: at("2017-01-01T00:00:00Z"), Until: at("2017-01-01T00:00:00Z")})
		}, moka.Page{Items: []moka.Item{{ApplicationIDs: []int64{1022}}, {ApplicationIDs: []int64{1022, 1432, 4422}}}}},
		{"v1_data_interviewer_feedbacks", func(c *moka.Client) (moka.Page, error) {
			return c.InterviewerFeedbacks(t.Context(), class, moka.FeedQuery{Next: "x"})
		}, moka.Page{Items: []moka.Item{{ID: 1, ApplicationIDs: []int64{1}}}, Next: "8465195468"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := read(t, tt.name, tt.page)
			if got.Began.IsZero() || got.Date.IsZero() {
				t.Error("no clocks")
			}
			got.Began, got.Date = time.Time{}, time.Time{}
			for i := range got.Items {
				got.Items[i].Body = nil
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestLookups(t *testing.T) {
	class := moka.ClassWriteback
	states, err := client(t, serve(t, says(200, sample(t, "getApplicationStates"))).URL).ApplicationStates(t.Context(), class, 1)
	want := []moka.ApplicationState{{ApplicationID: 411269930, Status: "rejected", StageName: "Initial screen",
		CreatedAt: time.UnixMilli(1662520322000).UTC()}}
	if diff := cmp.Diff(want, states); err != nil || diff != "" {
		t.Error(err, diff)
	}
	stages, err := client(t, serve(t, says(200, sample(t, "v1_data_job_stages"))).URL).JobStages(t.Context(), class, "j")
	if err != nil || len(stages) != 5 || stages[2] != (moka.Stage{ID: 3, Name: "面试"}) {
		t.Error(err, stages)
	}
	reasons, err := client(t, serve(t, says(200, `{"success":true,"data":{"id":"419","name":"福利待遇不满足","type":"1"}}`)).URL).ArchiveReasons(t.Context(), class)
	if diff := cmp.Diff([]moka.Reason{{ID: 419, Name: "福利待遇不满足", Type: 1}}, reasons); err != nil || diff != "" {
		t.Error(err, diff)
	}
}

func TestHeadcountBody(t *testing.T) {
	const inner = `{ "id": "10", "updatedAt" : "2018-01-09 18:37:32", "x":1e3 }`
	item, began, err := client(t, serve(t, says(200, `{"Headcount": `+inner+` }`)).URL).Headcount(t.Context(), moka.ClassSweep, 10)
	want := moka.Item{ID: 10, UpdatedAt: at("2018-01-09T10:37:32Z"), Body: []byte(inner)}
	if diff := cmp.Diff(want, item); err != nil || began.IsZero() || diff != "" {
		t.Error(err, diff)
	}
}

// Both recruitment modes are asked for; what is in both counts once; half an
// answer is none, for what is missing would be taken for deleted.
func TestMinimalHeadcounts(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("currentHireMode") == "1" {
			says(200, `{"headcounts":[{"id":1},{"id":2}]}`)(w, r)
		} else {
			says(200, `{"headcounts":[{"id":2},{"id":3}]}`)(w, r)
		}
	})
	page, err := client(t, s.URL).MinimalHeadcounts(t.Context(), moka.ClassSweep)
	var ids []int64
	for _, item := range page.Items {
		ids = append(ids, item.ID)
	}
	if diff := cmp.Diff([]int64{1, 2, 3}, ids); err != nil || diff != "" {
		t.Error(err, diff)
	}
	half := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("currentHireMode") == "1" {
			says(200, sample(t, "headcount_minimal_headcounts"))(w, r)
		} else {
			says(200, `{}`)(w, r)
		}
	})
	_, err = client(t, half.URL).MinimalHeadcounts(t.Context(), moka.ClassSweep)
	wantKind(t, err, moka.KindProtocol)
}

// The same page in all the ways in which Moka may write it.
func TestLenientPages(t *testing.T) {
	for name, body := range map[string]string{
		"plain":          `{"data":[{"applicationId":7,"updatedAt":"2026-11-22T04:00:00.000Z"}],"next":"n"}`,
		"bare object":    `{"data":{"applicationId":7,"updatedAt":"2026-11-22 12:00:00"},"next":"n"}`,
		"list as text":   `{"data":"[{\"applicationId\":7,\"updatedAt\":1795320000000}]","next":"n"}`,
		"object as text": `{"data":"{\"applicationId\":7,\"updatedAt\":1795320000}","next":"n"}`,
		"capitals":       `{"Data":[{"ApplicationId":"7","UpdatedAt":"2026-11-22T12:00:00+08:00"}],"Next":"n"}`,
		"null within":    `{"data":[null,{"applicationId":7.0,"updatedAt":"2026-11-22T12:00"}],"next":"n"}`,
		"twice":          `{"data":[],"data":[{"applicationId":1,"applicationId":7,"updatedAt":"2026-11-22T04:00:00Z"}],"next":null,"next":"n"}`,
		"next a number":  `{"data":[{"applicationId":7,"updatedAt":"2026-11-22T04:00:00Z"}],"next":"n","foo":{"data":[]}}`,
		"not UTF-8":      "{\"data\":[{\"applicationId\":7,\"updatedAt\":\"2026-11-22T04:00:00Z\",\"x\":\"\xff\"}],\"next\":\"n\"}",
	} {
		t.Run(name, func(t *testing.T) {
			c := client(t, serve(t, says(200, body)).URL)
			page, err := c.InterviewerFeedbacks(t.Context(), moka.ClassSweep, moka.FeedQuery{Next: "x"})
			if err != nil {
				t.Fatal(err)
			}
			if len(page.Items) != 1 || page.Next != "n" || !page.Sorted {
				t.Fatalf("got %+v", page)
			}
			if item := page.Items[0]; item.ID != 7 || !item.UpdatedAt.Equal(at("2026-11-22T04:00:00Z")) {
				t.Errorf("got %+v", item)
			}
		})
	}
}

func TestEmptyPages(t *testing.T) {
	for _, body := range []string{`{"data":[]}`, `{"data":null,"next":""}`, `{"data":"","next":null}`, `{"data":"[]","next":false}`, `{"code":0,"msg":"success"}`} {
		c := client(t, serve(t, says(200, body)).URL)
		page, err := c.Headcounts(t.Context(), moka.ClassSweep, moka.FeedQuery{Next: "x"})
		if err != nil || len(page.Items) != 0 || page.Next != "" || !page.Sorted {
			t.Errorf("%s: %+v, %v", body, page, err)
		}
	}
	for _, body := range []string{`{"data":7}`, `{"data":"7"}`, `{"data":"[7"}`, `{"data":true}`, `{"data":"服务器"}`} {
		c := client(t, serve(t, says(200, body)).URL)
		_, err := c.Headcounts(t.Context(), moka.ClassSweep, moka.FeedQuery{Next: "x"})
		wantKind(t, err, moka.KindProtocol)
	}
}

func TestSorted(t *testing.T) {
	for body, want := range map[string]bool{
		`{"data":[{"updatedAt":"2026-01-01"},{"updatedAt":"2026-01-01"},{"updatedAt":"2026-01-02"}]}`: true,
		`{"data":[{"updatedAt":"2026-01-02"},{"updatedAt":"2026-01-01"}]}`:                            false,
		`{"data":[{"updatedAt":"2026-01-01"},{}]}`:                                                    false,
		`{"data":["x"]}`: false,
	} {
		c := client(t, serve(t, says(200, body)).URL)
		page, err := c.Headcounts(t.Context(), moka.ClassSweep, moka.FeedQuery{Next: "x"})
		if err != nil || page.Sorted != want {
			t.Errorf("%s: %v, %v", body, page.Sorted, err)
		}
	}
}
