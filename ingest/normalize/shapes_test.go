package normalize_test

import (
	"encoding/json"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestShapes: what the members of data become, as the candidate's tree without
// its ids.
func TestShapes(t *testing.T) {
	for what, c := range map[string]struct{ in, want string }{
		"empty in every way": {
			`"name":null,"phone":"","job":{},"label":[],"remarks":{},"educationInfo":"","operator":{"name":null},
			 "languageInfo":[{}, null, {"level":""}],"codes":null,"owners":[],"stageName":"","foo":null,"bar":"","baz":[ ],"customFields":[{"codes":[""]}]`,
			`{}`,
		},
		"the bare object for a list of one": {
			`"label":{"id":"76","label":"好","new":1}`,
			`{"labels":[{"id":76,"name":"好"}],"extra":{"label[0].new":"1"}}`,
		},
		"a list as JSON text": {
			`"label":" [{\"id\":76,\"new\":\"\\u4e2d\"}]","idCardFrontList":"[\"a\",\"b\"]","idCardBackList":"[not a list"`,
			`{"labels":[{"id":76}],"id_card_front":["a","b"],"id_card_back":["[not a list"],"extra":{"label[0].new":"\"中\""}}`,
		},
		"what is not an object in a list of them": {
			`"label":[1,{"id":2},"x",["y"]],"remarks":"none"`,
			`{"labels":[{"id":2}],"extra":{"label[0]":"1","label[2]":"\"x\"","label[3]":"[\"y\"]","remarks[0]":"\"none\""}}`,
		},
		"texts and JSON mixed, by index": {
			`"idCardFrontList":["a",null,7,{"b": 1},"",""]`,
			`{"id_card_front":["a","","7","{\"b\":1}"]}`,
		},
		"an object where a list may come": {
			`"owners":[{"name":"一"},{"name":"二"}],"operator":"李明"`,
			`{"owner":{"name":"一"},"extra":{"owners[1]":"{\"name\":\"二\"}","operator":"\"李明\""}}`,
		},
		"two keys for one field": {
			`"createdAt":"2020-01-01T00:00:00Z","created_at":"2020-01-01T00:00:00.000Z","owner":{"name":"一","id":1},"owners":{"name":"二","phone":"1"},
			 "source":"a","sourceName":"b"`,
			`{"created_at":"2020-01-01T00:00:00Z","owner":{"name":"一","id":1,"phone":"1"},"source":"a",
			  "extra":{"owners.name":"\"二\"","sourceName":"\"b\""}}`,
		},
		"two keys for one list": {
			`"survey":{"attachments":[{"name":"一"}],"surveyAttachments":[{"surveyAttachmentName":"二"}]}`,
			`{"surveys":[{"attachments":[{"name":"一"}]}],"extra":{"survey[0].surveyAttachments":"[{\"surveyAttachmentName\":\"二\"}]"}}`,
		},
		"a value given twice": {
			`"customFields":[{"name":"x","value":1,"value":null},{"value":1,"value":"二"}]`,
			`{"custom_fields":[{"name":"x"},{"value":"二","value_json":"\"二\""}]}`,
		},
		"a key given twice": {
			`"lastCompany":"旧","lastCompany":"新","operator":{"name":"旧","email":"e","new":1},"OPERATOR":{"name":"新"},
			 "birthYear":"?","birthYear":1990,"label":[{"id":1,"new":1}],"label":[{"id":2}],"foo":1,"foo":2,"bar":1,"bar":null,
			 "stageName":"旧","stageName":null,"offerAttachment":{"url":"u","new":2},"offerAttachment":{}`,
			`{"last_company":"新","operator":{"name":"新"},"birth_year":1990,"labels":[{"id":2}],"extra":{"foo":"2"}}`,
		},
		"a key given twice beside another for its field": {
			`"createdAt":"2020-01-01T00:00:00Z","created_at":"2021-01-01T00:00:00Z","created_at":"2022-01-01T00:00:00Z"`,
			`{"created_at":"2020-01-01T00:00:00Z","extra":{"created_at":"\"2022-01-01T00:00:00Z\""}}`,
		},
		"names that look like paths": {
			`"a.b":1,"":2,"c[0]":3,"d\"":4,"$":5,"` + "\xff" + `":6,"job":{"x.y":7}`,
			`{"extra":{"[\"a.b\"]":"1","[\"\"]":"2","[\"c[0]\"]":"3","[\"d\\\"\"]":"4","$":"5","` + "\uFFFD" + `":"6","job[\"x.y\"]":"7"}}`,
		},
		"a department as a name or an object": {
			`"job":{"departmentCode":"6","department":{"departmentName":"甲","info":{"id":"9"},"parentId":"8","new":1},"departmentPath":"乙/甲"},
			 "headcountInfo":[{"department":"丙"}]`,
			`{"job":{"department":{"code":"6","name":"甲","id":"9","parent_id":"8","path":"乙/甲"}},
			  "headcounts":[{"department":{"name":"丙"}}],"extra":{"job.department.new":"1"}}`,
		},
		"an evaluation form": {
			`"interviewers":[{"feedbackTemplateResult":{"id":1,"name":"表","totalWeightScore":"1.5","items":[{"title":"一","resultScore":2,
			   "subjects":[{"ratio":0.5,"result":[1,2],"options":[{"value":"a","key":1.5},"b"],"new":1}]}],"new":2}},
			  {"feedbackTemplateResult":"[{\"title\":\"二\"}]"},{"feedbackTemplateResult":"无"},{"feedbackTemplateResult":[]}]`,
			`{"pushed_interviews":[
			   {"feedback":{"form":{"id":1,"name":"表","total_weight_score":1.5,"sections":[{"title":"一","result_score":2,
			     "subjects":[{"ratio":0.5,"result":"[1,2]","options":["{\"key\":1.5,\"value\":\"a\"}","b"]}]}]}}},
			   {"feedback":{"form":{"sections":[{"title":"二"}]}}}],
			  "extra":{"interviewers[0].feedbackTemplateResult.items[0].subjects[0].new":"1","interviewers[0].feedbackTemplateResult.new":"2",
			    "interviewers[2].feedbackTemplateResult[0]":"\"无\""}}`,
		},
		"files by key": {
			`"customAttachmentList":{"customUpload1":[{"attachmentName":"旧","new":1}],"customUpload2":{"customId":2},"customUpload1":[{"attachmentName":"新"}],
			   "customUpload3":[],"customUpload4":"x"}`,
			`{"custom_attachments":[{"key":"customUpload1","attachments":[{"name":"新"}]},{"key":"customUpload2","attachments":[{"custom_field_id":2}]}],
			  "extra":{"customAttachmentList.customUpload4[0]":"\"x\""}}`,
		},
		"custom values": {
			`"customFields":[{"value":[ "甲" , "乙" ]},{"value":false},{"value":"\u7532"},{"value":"","name":"空"}]`,
			`{"custom_fields":[{"value":"[\"甲\",\"乙\"]","value_json":"[\"甲\",\"乙\"]"},{"value":"false","value_json":"false"},
			  {"value":"甲","value_json":"\"甲\""},{"name":"空"}]}`,
		},
		"fields beside the object": {
			`"pipeline":{"id":3,"name":"社招"},"offerAttachment":[{"url":"u"}],"stage":{"id":5,"type":"101"},"stageName":"沟通offer"`,
			`{"pipeline_id":3,"pipeline_name":"社招","offer_registration_url":"u","stage":{"id":5,"type":"OFFER","name":"沟通offer"}}`,
		},
	} {
		t.Run(what, func(t *testing.T) {
			got := tree(reflect.ValueOf(push(t, c.in))).(map[string]any)
			delete(got, "org_id")
			delete(got, "application_id")
			var want, have any
			if err := json.Unmarshal([]byte(c.want), &want); err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal(format(t, got), &have); err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(want, have); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

// TestCarries: a key speaks for its field even when it is empty; what is absent
// is not spoken for.
func TestCarries(t *testing.T) {
	all := pushOf(t, `"NAME":null,"stageName":"","pipeline":{},"createdAt":null,"created_at":"?","candidateId":7,"unknown":null,"offer":{"jobRankName":"P6","hcInfo":null}`)
	want := [][]string{
		{"candidate_id", "created_at", "extra", "name", "pipeline_id", "pipeline_name", "stage"},
		{"candidate_id", "headcount", "rank"},
	}
	if d := cmp.Diff(want, [][]string{all[0].Carries, all[1].Carries}); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}
