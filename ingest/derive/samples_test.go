package derive_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"github.com/mokafka/mokafka/ingest/derive"
	"github.com/mokafka/mokafka/ingest/normalize"
	"github.com/mokafka/mokafka/schemas"
)

// samples are what Moka documents of its feeds, each with the id of the
// application that it is about and that of the interview, "" for none.
var samples = []struct{ file, endpoint, event, application, interview string }{
	{"full_v2_application", "v2/data/ehrApplications", "", "200012943", "2243"},
	{"full_v1_application", "v1/data/ehrApplications", "", "12798", ""},
	{"full_moved_application", "v1/data/movedApplications", "", "12798", ""},
	{"full_pushCandidate", "webhook/rest", "pushCandidate", "12798", ""},
	{"full_updateInterviewsInfo", "webhook/rest", "updateInterviewsInfo", "200006263", "12345612"},
	{"full_listed_interview", "v1/interviews", "", "1022", "2"},
	{"full_feedback", "v1/data/interviewer_feedbacks", "", "1", ""},
}

// shownAs is the body of a sample, about application 7 and interview 77.
func shownAs(t testing.TB, i int) []byte {
	t.Helper()
	body, err := os.ReadFile(filepath.Join("..", "normalize", "testdata", samples[i].file+".json"))
	if err != nil {
		t.Fatal(err)
	}
	put := func(id, with string) {
		if id != "" {
			body = regexp.MustCompile(`(?i)((?:applicationIds?|groupInterviewId|event_id|groupId)"\s*:\s*\[?\s*"?)`+id+`\b`).ReplaceAll(body, []byte("${1}"+with))
		}
	}
	put(samples[i].application, "7")
	put(samples[i].interview, "77")
	return body
}

// TestOneApplicationThroughEveryFeed takes the samples of all feeds for one
// application and shows them in turn, in any order, for many rounds: after the
// first there is nothing to tell but that HR pushed once more.
func TestOneApplicationThroughEveryFeed(t *testing.T) {
	decider := newDecider(t)
	bodies := make([][]byte, len(samples))
	order := make([]int, len(samples))
	for i := range samples {
		bodies[i], order[i] = shownAs(t, i), i
	}
	met := map[string]map[schemas.Feed]bool{}
	rapid.Check(t, func(t *rapid.T) {
		states := map[string]any{}
		for round := range rapid.IntRange(2, 5).Draw(t, "rounds") {
			for n, i := range rapid.Permutation(order).Draw(t, "order") {
				origin, observations := observed(t, i, bodies[i], 10*round+n)
				for k := range observations {
					obs := &observations[k]
					_, key, err := derive.KeyOf(obs.Entity)
					if err != nil {
						t.Fatal(err)
					}
					if met[key] == nil {
						met[key] = map[schemas.Feed]bool{}
					}
					met[key][obs.Feed] = true
					origin.Entry.EntryID += "#" + strconv.Itoa(k)
					out, err := decider.Decide(states[key], obs, origin)
					if err != nil {
						t.Fatal(err)
					}
					if out.State != nil {
						states[key] = out.State
					}
					if round > 0 {
						quiet(t, view{feed: obs.Feed}, round, out)
					}
				}
			}
		}
	})
	for key, least := range map[string]int{"demo:app:7": 4, "demo:app:7:offer": 2, "demo:app:7:iv:77": 3} {
		if len(met[key]) < least {
			t.Errorf("%s was shown by %v: the samples are not of one application", key, met[key])
		}
	}
}

// observed is a sample read at second n.
func observed(t *rapid.T, i int, body []byte, n int) (derive.Origin, []normalize.Observation) {
	s := samples[i]
	e := &schemas.JournalEntry{
		EntryID: fmt.Sprintf("poll:%s:%d", s.file, n), OrgID: "demo", Channel: schemas.ChannelPoll, Endpoint: s.endpoint,
		ApplicationID: ptr(int64(7)), ReceivedAt: at(1e8 + n), ContentType: "application/json", Body: body,
	}
	if s.event != "" {
		e.Channel, e.Event = schemas.ChannelWebhook, &s.event
	}
	observations, err := normalize.Entry(e, normalize.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return derive.Origin{Entry: e, Revision: normalize.Revision}, observations
}
