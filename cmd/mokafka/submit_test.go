package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestSubmitRefuses: what no worker would take is refused with the worker's words,
// before Kafka is asked for.
func TestSubmitRefuses(t *testing.T) {
	for _, c := range []struct{ args, want string }{
		{"", "'mokafka submit' wants to know what to do"},
		{"move-stage --stage 5", "move_stage needs an application_id above 0 (those below do not come from Moka)"},
		{"move-stage --application 0 --stage 5", "needs an application_id above 0"},
		{"move-stage --application -7 --stage 5", "needs an application_id above 0"},
		{"move-stage --application 7", "move_stage needs stage_id or stage_name"},
		{"move-stage --application 7 --stage -5", "move_stage: stage_id is -5, and must be above 0"},
		{"move-stage --application 7 --stage 5 extra", `unknown command "extra"`},
		{"move-stage --application x", `invalid argument "x"`},
		{"move-stage --application 7 --stage 5 --expires-in 0s", "--expires-in: 0s is not above 0"},
		{"move-stage --application 7 --stage 5 --timeout 1s", "--timeout goes with --wait"},
		{"move-stage --application 7 --stage 5 --wait --timeout -1s", "--timeout: -1s is not above 0"},
		{"move-stage --application 7 --stage 5 --id memory:x", `--id: "memory:x" is not 1 to 200 bytes of text, or begins with "memory:"`},
		{"move-stage --application 7 --stage 5 --id=", "--id"},
		{"move-stage --application 7 --stage 5 --expect-offer maybe", "--expect-offer: \"maybe\" is none of not-created, pending, sent, accepted, rejected"},
		{"mark-hired --application 7 --probation 3", "mark-hired needs --hired-at and --probation"},
		{"mark-hired --application 7 --hired-at 2026-12-01", "mark-hired needs --hired-at and --probation"},
		{"mark-hired --application 7 --hired-at tomorrow --probation 3", `--hired-at: "tomorrow" is not a date`},
		{"mark-hired --application 7 --hired-at 2026-12-01 --probation 7", "mark_hired: probation_months is 7, and must be 0 to 6"},
		{"mark-hired --application 7 --hired-at 2026-12-01 --probation 3 --headcount 0", "mark_hired: headcount_id is 0"},
		{"offer-status --application 7", "offer-status needs --accept or --reject"},
		{"offer-status --application 7 --accept --reject", "offer-status needs --accept or --reject"},
		{"offer-status --application 7 --reject", "set_offer_status needs reason_id to reject"},
		{"offer-status --application 7 --accept --reason 3", "reason_id and talent_pool_id are for rejecting"},
		{"offer-approval --application 7 --decision perhaps", "--decision: \"perhaps\" is none of approved, denied, in-approval"},
		{"mark-regular --application 7 --at 2026-12-01 --undo", "mark_regular: corrected_at goes with making regular"},
		{"mark-resigned --application 7", "mark_resigned needs reason"},
		{"mark-resigned --application 7 --reason r --kind x", "--kind"},
		{"mark-resigned --application 7 --reason r --department d", "department and job_type go with job_name"},
		{"fake-offer --application 7", "accepts 1 arg(s)"},
		{"fake-offer steal --application 7", "fake-offer: \"steal\" is none of create, accept, delete, hired, reject"},
		{"fake-offer create --application 7", "parameters_json needs operator"},
		{"fake-offer accept --application 7 --operator o", "fake_offer needs fake_offer_id for ACCEPT"},
		{"fake-offer reject --application 7 --operator o", "needs archiveReasonId"},
		{"headcount create", "change_headcount needs parameters_json with a number"},
		{"headcount create --parameters nonsense", "change_headcount needs parameters_json with a number"},
		{"headcount create --parameters @/nowhere/file", "--parameters: open /nowhere/file"},
		{"headcount update --headcount 5", "change_headcount: parameters_json has nothing to update"},
		{"headcount delete", "change_headcount needs a headcount_id above 0"},
		{"headcount delete --application 5", "unknown flag: --application"},
	} {
		t.Run(c.args, func(t *testing.T) {
			free, _ := deadAddr(t)
			got := console{t, map[string]string{"KAFKA_BROKERS": free}}.run(append([]string{"submit"}, strings.Fields(c.args)...)...)
			if got.status != exitWrong || got.out != "" {
				t.Errorf("status %d, output %q; want 2 and none", got.status, got.out)
			}
			contains(t, got.err, c.want)
		})
	}
	got := console{t, map[string]string{"KAFKA_BROKERS": "kafka.example.com:9092"}}.run("submit", "move-stage", "--application", "7", "--stage", "5")
	if got.status != exitWrong {
		t.Errorf("without an organisation: status %d", got.status)
	}
	contains(t, got.err, "MOKA_ORG_ID is not set")
}

// TestSubmitSends: what is typed is in the command, and it can be told to nobody.
func TestSubmitSends(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	c := s.with(map[string]string{"MOKA_ORG_ID": "acme", "USER": "hr"})
	contains(t, c.run("submit", "move-stage", "--application", "7", "--stage", "5").err, "run 'mokafka schemas register' first")
	s.must("schemas", "register")
	contains(t, c.run("submit", "move-stage", "--application", "7", "--stage", "5").err, "run 'mokafka topics apply' first")
	s.must("topics", "apply")

	file := filepath.Join(t.TempDir(), "headcount.json")
	if err := os.WriteFile(file, []byte(`{"number":"HC-1","jobName":"工程师","needNumber":2}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, one := range []struct {
		args []string
		key  string
		want string
	}{
		{[]string{"move-stage", "--application", "7", "--stage", "面试", "--expect-stage", "4", "--expect-offer", "not-created"},
			"acme:app:7", `"expected_stage_id":4,"expected_offer_status":"NOT_CREATED","move_stage":{"stage_id":null,"stage_name":"面试"}`},
		{[]string{"mark-hired", "--application", "7", "--hired-at", "2026-12-01", "--probation", "0", "--use-offer-headcount"},
			"acme:app:7", `"mark_hired":{"hired_at":"2026-11-30T16:00:00.000Z","probation_months":0,"headcount_id":null,"use_offer_headcount":true}`},
		{[]string{"offer-status", "--application", "8", "--reject", "--reason", "3", "--answered-at", "2026-12-01T08:00:00Z"},
			"acme:app:8", `"set_offer_status":{"accepted":false,"reason_id":3,"talent_pool_id":null,"answered_at":"2026-12-01T08:00:00.000Z"}`},
		{[]string{"offer-approval", "--application", "8", "--decision", "in-approval"}, "acme:app:8", `"set_offer_approval":{"decision":"IN_APPROVAL"}`},
		{[]string{"mark-rejected", "--application", "8", "--remark", "r"}, "acme:app:8", `"mark_rejected":{"reason_id":null,"talent_pool_id":null,"remark":"r"}`},
		{[]string{"mark-regular", "--application", "8", "--undo"}, "acme:app:8", `"mark_regular":{"corrected_at":null,"undo":true}`},
		{[]string{"mark-resigned", "--application", "8", "--reason", "家庭", "--kind", "resigned", "--talent-pools", "1,2"},
			"acme:app:8", `"kind":"RESIGNED","operator_email":null,"talent_pool_ids":[1,2]`},
		{[]string{"fake-offer", "reject", "--application", "8", "--operator", "李雷", "--operator-email", "a@example.com", "--reason", "3"},
			"acme:app:8", `"parameters_json":"{\"archiveReasonId\":3,\"operator\":{\"email\":\"a@example.com\",\"name\":\"李雷\"}}"`},
		{[]string{"headcount", "create", "--parameters", "@" + file, "--hire-mode", "campus"}, "acme:hc:number:HC-1", `"hire_mode":"CAMPUS"`},
		{[]string{"headcount", "delete", "--headcount", "42"}, "acme:hc:42", `"change_headcount":{"operation":"DELETE","headcount_id":42`},
	} {
		text := c.must(append([]string{"submit"}, append(one.args, "--json")...)...)
		var r receipt
		if err := json.Unmarshal([]byte(text), &r); err != nil {
			t.Fatal(err)
		}
		if r.Outcome != nil || r.Key != one.key || *r.Topic != s.topics.Commands() {
			t.Errorf("%s", text)
		}
		all := lines(t, s.must("tail", "commands", "--json", "--exit-at-end", "--key", one.key))
		last := all[len(all)-1]
		if last.Partition != *r.Partition || last.Offset != *r.Offset {
			t.Errorf("it is at %d/%d, said %s", last.Partition, last.Offset, text)
		}
		contains(t, string(last.Value), one.want, `"command_id":"`+r.CommandID+`"`, `"org_id":"acme"`, `"requested_by":"hr@host-1"`)
	}

	// Ctrl-C ends the waiting.
	waiting := c.start("submit", "move-stage", "--application", "7", "--stage", "5", "--wait", "--id", "mine", "--requested-by", "me", "--expires-in", "1h")
	waiting.shows(&waiting.out, "mine  sent: move_stage for acme:app:7")
	waiting.cancel()
	waiting.wants(exitFailed)
	contains(t, waiting.err.String(), "no longer waiting", "The command stays in the topic, and is carried out all the same")
	text := s.must("tail", "commands", "--json", "--exit-at-end", "--key", "acme:app:7")
	contains(t, text, `"command_id":"mine"`, `"requested_by":"me"`)
	if strings.Count(text, `"expires_at":null`) != 2 {
		t.Errorf("of three commands one expires: %s", text)
	}
}

func TestResultInShort(t *testing.T) {
	for text, want := range map[string]string{
		`{"id":5,"name":"面试"}`: "面试 (5)", `"ACCEPTED"`: "ACCEPTED", `{"archived":true}`: `{"archived":true}`, `{"id":5}`: `{"id":5}`,
	} {
		if got := inShort(&text); got != want {
			t.Errorf("%s is told as %s, want %s", text, got, want)
		}
	}
	if got := inShort(nil); got != "" {
		t.Errorf("nothing is told as %q", got)
	}
	if rawJSON(nil) != nil || string(rawJSON(new(string))) != "" {
		t.Error("what is no JSON is shown as such")
	}
}
