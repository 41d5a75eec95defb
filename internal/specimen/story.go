package specimen

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/mokafka/mokafka/ingest/derive"
	"github.com/mokafka/mokafka/ingest/normalize"
	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
)

//go:embed samples/*.json
var samples embed.FS

// org is the organisation of all examples.
const org = "demo"

// look is one time at which Moka showed a sample.
type look struct {
	sample, endpoint string
	channel          schemas.Channel
	// event and webhook are those of a webhook.
	event, webhook string
	// one of the two is what it is about
	application, headcount int64
	at                     time.Time
	// put replaces texts of the sample, in pairs: each stands in it just once.
	put []string
}

// What Moka showed: a stage that was another before, an offer that was sent, an
// interview, a headcount that was opened.
func looks() []look {
	moved := look{
		sample: "moved_application", endpoint: "v1/data/movedApplications", channel: schemas.ChannelPoll,
		application: 23191, at: moment("2019-01-25T10:26:02.118Z"),
	}
	before := moved
	before.at = moment("2019-01-23T02:11:41.507Z")
	before.put = []string{`"用人Department筛选"`, `"初筛"`, `"moved_at": "2019-01-25T10:25:36.000Z"`, `"moved_at": "2019-01-23T02:10:59.000Z"`}

	pending := look{
		sample: "ehr_application", endpoint: "v2/data/ehrApplications", channel: schemas.ChannelPoll,
		application: 200012943, at: moment("2021-06-09T06:14:43.260Z"),
	}
	sent := pending
	sent.at = moment("2021-06-09T06:31:07.904Z")
	sent.put = []string{`"updatedAt": "2021-06-09T06:14:38.000Z"`, `"updatedAt": "2021-06-09T06:31:02.000Z"`,
		"\"applicationId\": 200012943,\n    \"status\": \"pending\"", "\"applicationId\": 200012943,\n    \"status\": \"sent\""}

	planned := look{
		sample: "headcount", endpoint: "v1/headcount", channel: schemas.ChannelPoll,
		headcount: 1, at: moment("2018-01-09T10:37:40.331Z"),
	}
	opened := planned
	opened.at = moment("2018-01-10T01:05:12.077Z")
	opened.put = []string{`"status": "unstart"`, `"status": "ongoing"`, `"updatedAt": "2018-01-09T10:37:32.000Z"`, `"updatedAt": "2018-01-10T01:05:09.000Z"`}

	arranged := look{
		sample: "createInterviewsInfo", endpoint: "webhook/rest", channel: schemas.ChannelWebhook,
		event: "createInterviewsInfo", webhook: "f353e5ce-17e0-4783-bee4-4a6b734b20fe",
		application: 200006263, at: moment("2017-09-13T09:51:27.402Z"),
	}
	return []look{before, moved, pending, sent, arranged, planned, opened}
}

func moment(text string) time.Time {
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{} // and the test that compares the pages sees it
	}
	return at
}

// entry is the look's journal entry, as the webhook door and the poller write it.
func (l *look) entry() (*schemas.JournalEntry, error) {
	raw, err := samples.ReadFile("samples/" + l.sample + ".json")
	if err != nil {
		return nil, fmt.Errorf("read a sample: %w", err)
	}
	body := string(raw)
	for pair := range slices.Chunk(l.put, 2) {
		if n := strings.Count(body, pair[0]); n != 1 {
			return nil, fmt.Errorf("sample %s: %q stands in it %d times, not once", l.sample, pair[0], n)
		}
		body = strings.Replace(body, pair[0], pair[1], 1)
	}
	e := &schemas.JournalEntry{
		OrgID: org, Channel: l.channel, Endpoint: l.endpoint, ReceivedAt: l.at,
		ContentType: "application/json", Body: []byte(body),
	}
	root := publish.Root(org, l.application)
	if e.ApplicationID = &l.application; l.headcount != 0 {
		e.ApplicationID, e.HeadcountID, root = nil, &l.headcount, publish.HeadcountRoot(org, l.headcount)
	}
	if l.event == "" {
		e.EntryID = fmt.Sprintf("poll:%s:%s:%d", l.endpoint, strings.TrimPrefix(root, org+":"), l.at.UnixMilli())
		return e, nil
	}
	triggered := time.Unix(1505296287, 0).UTC() // as the sample has it
	e.Event, e.WebhookID, e.TriggeredAt = &l.event, &l.webhook, &triggered
	e.EntryID = "wh:" + l.webhook + ":" + root
	return e, nil
}

// memory has what the looks so far came to.
type memory map[string]any

func keyOf(family publish.Family, key string) string { return family.String() + "/" + key }

// Known is the last state that was kept.
func (m memory) Known(_ context.Context, family publish.Family, key string) (derive.Known, error) {
	return derive.Known{State: m[keyOf(family, key)]}, nil
}

// Keys are those that were kept.
func (m memory) Keys(_ context.Context, family publish.Family, prefix string) ([]string, error) {
	var keys []string
	for k := range maps.Keys(m) {
		if key, ok := strings.CutPrefix(k, family.String()+"/"); ok && strings.HasPrefix(key, prefix) {
			keys = append(keys, key)
		}
	}
	return keys, nil
}

// tell unfolds a look, and keeps the states it leads to.
func (m memory) tell(d *derive.Decider, e *schemas.JournalEntry, partition int32, offset int64) ([]derive.Step, error) {
	origin := derive.Origin{Entry: e, Partition: partition, Offset: offset, Revision: normalize.Revision}
	steps, err := d.Unfold(context.Background(), origin, derive.Reading{Mapper: normalize.Current()}, m) // nothing waits
	for i := range steps {
		if s := &steps[i]; s.Outcome.State != nil {
			m[keyOf(s.Family, s.Key)] = s.Outcome.State
		}
	}
	return steps, err
}

// unreadable is an entry that the mapper refuses, and why.
func unreadable(d *derive.Decider) (*schemas.JournalEntry, *derive.RejectionError, error) {
	l := look{
		sample: "createInterviewsInfo", endpoint: "webhook/rest", channel: schemas.ChannelWebhook, event: "pushCandidate",
		webhook: "0f8d8a3e-6c1f-4f57-9a55-1d1c2b6a7f10", application: 12798, at: moment("2017-09-13T09:51:27.402Z"),
	}
	e, err := l.entry()
	if err != nil {
		return nil, nil, err
	}
	e.Body = []byte(`{"event":"pushCandidate","data":{"applicationId":12798`) // cut off
	_, err = memory{}.tell(d, e, 0, 0)
	var why *derive.RejectionError
	if !errors.As(err, &why) {
		return nil, nil, fmt.Errorf("an entry that is cut off: %w, not a rejection", err)
	}
	return e, why, nil
}
