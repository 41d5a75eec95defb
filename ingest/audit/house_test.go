package audit_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"go.uber.org/goleak"

	"github.com/mokafka/mokafka/ingest/audit"
	"github.com/mokafka/mokafka/ingest/derive"
	"github.com/mokafka/mokafka/ingest/normalize"
	"github.com/mokafka/mokafka/internal/kafkatest"
	"github.com/mokafka/mokafka/internal/moka"
	"github.com/mokafka/mokafka/internal/state"
	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const org = "acme"

// now is a day after everything was updated, but where a test says otherwise.
var now = time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)

// account is a Moka that answers from two tables.
type account struct {
	t            *testing.T
	applications map[int64]moka.Item
	headcounts   map[int64]moka.Item
	pageSize     int
	refuse       error
	circle       bool
}

func read(t *testing.T, file string) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", file))
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

const updated = "2026-03-01T08:00:00.000Z"

// application puts one there, as the sample is, but for what change does to it.
func (a *account) application(id int64, change ...string) {
	a.t.Helper()
	number := strconv.FormatInt(id, 10)
	body := strings.NewReplacer("200012943", number, "2021-04-11T06:14:38.000Z", updated, `"groupInterviewId": 2243`, `"groupInterviewId": 9`+number).
		Replace(read(a.t, "application.json"))
	a.applications[id] = a.item(id, body, change)
}

func (a *account) headcount(id int64, change ...string) {
	a.t.Helper()
	body := strings.Replace(read(a.t, "headcount.json"), `"id": 1,`, `"id": `+strconv.FormatInt(id, 10)+",", 1)
	a.headcounts[id] = a.item(id, strings.Replace(body, "2018-01-09T10:37:32.000Z\",\n  \"startDate", updated+"\",\n  \"startDate", 1), change)
}

func (a *account) item(id int64, body string, change []string) moka.Item {
	a.t.Helper()
	changed := strings.NewReplacer(change...).Replace(body)
	if len(change) > 0 && changed == body {
		a.t.Fatalf("%q changes nothing", change)
	}
	at, err := time.Parse(time.RFC3339, updated)
	if err != nil {
		a.t.Fatal(err)
	}
	return moka.Item{ID: id, ApplicationIDs: []int64{id}, UpdatedAt: at, Body: []byte(changed)}
}

func (a *account) page(table map[int64]moka.Item, wanted func(moka.Item) bool, next string) (moka.Page, error) {
	p := moka.Page{Began: now}
	if a.refuse != nil {
		return p, a.refuse
	}
	var all []moka.Item
	for _, item := range table {
		if wanted(item) {
			all = append(all, item)
		}
	}
	slices.SortFunc(all, func(x, y moka.Item) int { return int(x.ID - y.ID) })
	skip, _ := strconv.Atoi(next)
	all = all[min(skip, len(all)):]
	if p.Items = all; len(all) > a.pageSize {
		p.Items, p.Next = all[:a.pageSize], strconv.Itoa(skip+a.pageSize)
	}
	if a.circle {
		p.Next = "0"
	}
	return p, nil
}

func (a *account) Applications(_ context.Context, class moka.Class, q moka.ApplicationsQuery) (moka.Page, error) {
	if class != moka.ClassSweep || len(q.IDs) > moka.MaxApplications {
		a.t.Errorf("asked as %v for %d ids", class, len(q.IDs))
	}
	return a.page(a.applications, func(i moka.Item) bool {
		if len(q.IDs) > 0 {
			return slices.Contains(q.IDs, i.ID)
		}
		return !i.UpdatedAt.Before(q.UpdatedFrom) && !i.UpdatedAt.After(q.UpdatedUntil)
	}, q.Next)
}

func (a *account) Headcounts(_ context.Context, _ moka.Class, q moka.FeedQuery) (moka.Page, error) {
	return a.page(a.headcounts, func(i moka.Item) bool { return !i.UpdatedAt.Before(q.From) }, q.Next)
}

func (a *account) Headcount(_ context.Context, _ moka.Class, id int64) (moka.Item, time.Time, error) {
	item, ok := a.headcounts[id]
	if !ok {
		return item, now, &moka.Error{Kind: moka.KindNotFound, Endpoint: "v1/headcount"}
	}
	return item, now, nil
}

func (a *account) MinimalHeadcounts(context.Context, moka.Class) (moka.Page, error) {
	own := *a
	own.pageSize = 1000
	return own.page(a.headcounts, func(moka.Item) bool { return true }, "")
}

// house is an account, and topics with the states that derive would have written.
type house struct {
	*account
	decider *derive.Decider
	codec   *schemas.Codec
	topics  publish.Topics
	records *publish.Records
	client  *kgo.Client
	picture *audit.Picture
	slept   []time.Duration
	onSleep func()
}

const partitions = 3

func newHouse(t *testing.T) *house {
	t.Helper()
	codec, err := schemas.NewCodec()
	if err != nil {
		t.Fatal(err)
	}
	cluster := kafkatest.Start(t)
	cfg := publish.TopicConfig{Prefix: cluster.Prefix(), Partitions: partitions, Replication: 1}
	if cluster.IsReal() && len(cluster.Brokers) >= 3 {
		cfg.Replication = 3
	}
	h := &house{
		account: &account{t: t, applications: map[int64]moka.Item{}, headcounts: map[int64]moka.Item{}, pageSize: 2},
		codec:   codec, topics: cfg.Topics(),
	}
	encoder := publish.NewEncoder(codec)
	specs := publish.Catalogue(cfg)
	for i, spec := range specs {
		encoder.Use(spec.Name, spec.Record, i+1)
	}
	h.records = publish.NewRecords(encoder, h.topics, "")
	h.client = cluster.Client(publish.ProducerOptions(h.topics)...)
	if _, err := publish.Apply(t.Context(), kadm.NewClient(h.client), specs, publish.ApplyOptions{}); err != nil {
		t.Fatal(err)
	}
	cluster.AwaitTopic(publish.Names(specs)...)
	if h.decider, err = derive.NewDecider(codec.Bundle()); err != nil {
		t.Fatal(err)
	}
	store, err := state.Open(t.TempDir(), "boot")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	h.picture = audit.NewPicture(audit.PictureDeps{
		OrgID: org, Client: cluster.Client(), Topics: h.topics, Families: publish.Families(), Store: store, Now: time.Now,
		Decoder: decoder{codec, encoder, specs},
	})
	return h
}

// decoder reads what this build wrote.
type decoder struct {
	codec   *schemas.Codec
	encoder *publish.Encoder
	specs   []publish.Spec
}

func (d decoder) Decode(_ context.Context, value []byte) (any, error) {
	id, _ := publish.SchemaID(value)
	for _, spec := range d.specs {
		if own, ok := d.encoder.ID(spec.Name); !ok || own != id {
			continue
		}
		for _, f := range publish.Families() {
			if strings.HasSuffix(spec.Name, f.String()+".state.v1") {
				fresh := derive.NewState(f)
				return fresh, d.codec.Unmarshal(value[publish.FrameHeader:], fresh)
			}
		}
	}
	return nil, errors.New("no schema has that id")
}

// derived writes the states of everything in the account, as a stream that is up
// to date has them.
func (h *house) derived() {
	h.t.Helper()
	for id, item := range h.applications {
		h.derive("v2/data/ehrApplications", item, func(e *schemas.JournalEntry) { e.ApplicationID = &id })
	}
	for id, item := range h.headcounts {
		h.derive("v1/headcount", item, func(e *schemas.JournalEntry) { e.HeadcountID = &id })
	}
}

func (h *house) derive(endpoint string, item moka.Item, name func(*schemas.JournalEntry)) {
	h.t.Helper()
	e := &schemas.JournalEntry{
		OrgID: org, EntryID: "e", Channel: schemas.ChannelPoll, Endpoint: endpoint, ContentType: "application/json",
		ReceivedAt: now.Add(-time.Hour), Body: item.Body, UpdatedAt: &item.UpdatedAt,
	}
	name(e)
	observations, err := normalize.Entry(e, normalize.Options{})
	if err != nil {
		h.t.Fatal(err)
	}
	for i := range observations {
		family, key, err := derive.KeyOf(observations[i].Entity)
		if err != nil {
			h.t.Fatal(err)
		}
		out, err := h.decider.Decide(nil, &observations[i], derive.Origin{Entry: e})
		if err != nil {
			h.t.Fatal(err)
		}
		h.write(family, key, out.State)
	}
}

// write writes a state; nil is a tombstone.
func (h *house) write(family publish.Family, key string, value any) {
	h.t.Helper()
	root := strings.Join(strings.SplitN(key, ":", 4)[:3], ":")
	at := publish.Partition(root, partitions)
	rec := h.records.Tombstone(family, at, key)
	if value != nil {
		var err error
		if rec, err = h.records.State(family, at, key, value); err != nil {
			h.t.Fatal(err)
		}
	}
	if err := h.client.ProduceSync(h.t.Context(), rec).FirstErr(); err != nil {
		h.t.Fatal(err)
	}
}

// audit looks at everything of the last days.
func (h *house) audit(change func(*audit.Config)) (audit.Report, error) {
	h.t.Helper()
	cfg := audit.Config{OrgID: org, Since: now.Add(-72 * time.Hour), Applications: true, Headcounts: true, Settle: time.Minute}
	if change != nil {
		change(&cfg)
	}
	h.slept = nil
	a, err := audit.New(cfg, audit.Deps{
		API: h.account, States: h.picture, Decider: h.decider, Now: func() time.Time { return now }, Tell: func(audit.Progress) {},
		Sleep: func(_ context.Context, d time.Duration) error {
			h.slept = append(h.slept, d)
			if h.onSleep != nil {
				h.onSleep()
			}
			return nil
		},
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return a.Run(h.t.Context())
}
