package derive_test

import (
	"fmt"
	"math/big"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/mokafka/mokafka/ingest/derive"
	"github.com/mokafka/mokafka/ingest/normalize"
	"github.com/mokafka/mokafka/schemas"
	"github.com/mokafka/mokafka/schemas/avsc"
)

// views are the feeds that show an entity, and the ids by which it is known.
var views = []struct {
	entity func() normalize.Entity
	feeds  []schemas.Feed
}{
	{func() normalize.Entity { return &schemas.Candidate{OrgID: "demo", ApplicationID: 7} }, []schemas.Feed{
		schemas.FeedEhrApplicationsV2, schemas.FeedEhrApplicationsV1, schemas.FeedMovedApplications, schemas.FeedWebhookPush}},
	{func() normalize.Entity { return &schemas.Offer{OrgID: "demo", ApplicationID: 7} }, []schemas.Feed{
		schemas.FeedEhrApplicationsV2, schemas.FeedEhrApplicationsV1, schemas.FeedWebhookPush}},
	{func() normalize.Entity { return &schemas.Interview{OrgID: "demo", ApplicationID: 7, InterviewID: "iv"} }, []schemas.Feed{
		schemas.FeedEhrApplicationsV2, schemas.FeedInterviewList, schemas.FeedFeedbackFeed, schemas.FeedWebhookInterview}},
	{func() normalize.Entity { return &schemas.Headcount{OrgID: "demo", HeadcountID: 7} }, []schemas.Feed{
		schemas.FeedHeadcountDetail, schemas.FeedHeadcountFeed}},
}

// view is what a feed shows of an entity, over and over.
type view struct {
	feed    schemas.Feed
	carries []string
	values  map[string]int // what a field holds, the same for feeds that agree
	hidden  map[string]int // fields that it fills without speaking for them: ids
	updated *time.Time
}

// TestOneTruthFromSeveralFeeds shows an entity through every feed in turn, in any
// order and for many rounds: after the first there is nothing to tell. The feeds
// carry what they like, and disagree on what they like.
func TestOneTruthFromSeveralFeeds(t *testing.T) {
	decider := newDecider(t)
	bundle, err := avsc.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	links, err := bundle.FieldsWith(avsc.SignedLink)
	if err != nil {
		t.Fatal(err)
	}
	codec, err := schemas.NewCodec()
	if err != nil {
		t.Fatal(err)
	}
	for _, entity := range views {
		t.Run(reflect.TypeOf(entity.entity()).Elem().Name(), func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				shown := drawViews(t, entity.entity(), entity.feeds)
				var state any
				for round := range rapid.IntRange(2, 6).Draw(t, "rounds") {
					for i, v := range rapid.Permutation(shown).Draw(t, "order") {
						obs := v.observation(entity.entity(), links, round, 10*round+i)
						out, err := decider.Decide(state, obs, from(fmt.Sprintf("%d-%d", round, i)))
						if err != nil {
							t.Fatal(err)
						}
						if round > 0 {
							quiet(t, v, round, out)
						}
						if out.State != nil {
							state = stored(t, codec, out.State)
						}
					}
				}
			})
		})
	}
}

// quiet fails if an outcome tells of a change. That HR pushes once more is an
// act, and changes nothing.
func quiet(t *rapid.T, v view, round int, out derive.Outcome) {
	for _, event := range out.Events {
		ev := reflect.ValueOf(event.Value).Elem()
		changed := ev.FieldByName("ChangedFields").Interface().([]string)
		c, ok := event.Value.(*schemas.CandidateEvent)
		if ok && c.Type == schemas.CandidateEventTypePushed && len(changed) == 0 {
			continue
		}
		t.Fatalf("%s in round %d gave %v, changed %v", v.feed, round, ev.FieldByName("Type"), changed)
	}
}

// stored is a state after it was written and read.
func stored(t *rapid.T, codec *schemas.Codec, state any) any {
	raw, err := codec.Append(nil, state)
	if err != nil {
		t.Fatal(err)
	}
	read := reflect.New(reflect.TypeOf(state).Elem()).Interface()
	if err := codec.Unmarshal(raw, read); err != nil {
		t.Fatal(err)
	}
	return read
}

func drawViews(t *rapid.T, entity normalize.Entity, feeds []schemas.Feed) []view {
	typ := reflect.TypeOf(entity).Elem()
	var names []string
	for i := range typ.NumField() {
		if reflect.ValueOf(entity).Elem().Field(i).IsZero() {
			names = append(names, typ.Field(i).Tag.Get("avro"))
		}
	}
	var all []view
	for _, feed := range feeds {
		v := view{feed: feed, values: map[string]int{}, hidden: map[string]int{}}
		some := rapid.SliceOfNDistinct(rapid.SampledFrom(names), 0, 12, rapid.ID[string])
		v.carries = append(some.Draw(t, "carries"), rapid.SampledFrom([][]string{nil, {"stage"}, {"activities", "stage"}, {"headcount_id"}, {"status"}, {"sendings", "status"}}).Draw(t, "and")...)
		v.carries = slices.DeleteFunc(v.carries, func(name string) bool { return !slices.Contains(names, name) })
		slices.Sort(v.carries)
		v.carries = slices.Compact(v.carries)
		for _, name := range v.carries {
			v.values[name] = rapid.IntRange(0, 3).Draw(t, name)
		}
		for _, name := range []string{"candidate_id", "headcount_id"} {
			if slices.Contains(names, name) && !slices.Contains(v.carries, name) && rapid.Bool().Draw(t, "fills "+name) {
				v.hidden[name] = rapid.IntRange(0, 3).Draw(t, name)
			}
		}
		if rapid.Bool().Draw(t, "dated") {
			v.updated = ptr(at(rapid.IntRange(0, 5).Draw(t, "updated")))
		}
		all = append(all, v)
	}
	return all
}

// observation is what the feed shows at second n. Each round its links are signed
// anew, and each webhook is another one.
func (v view) observation(entity normalize.Entity, links map[string]map[string]bool, round, n int) *normalize.Observation {
	o := &normalize.Observation{Feed: v.feed, Entity: entity, Carries: v.carries, UpdatedAt: v.updated, ReadAt: at(n)}
	switch v.feed {
	case schemas.FeedWebhookPush, schemas.FeedWebhookInterview:
		o.UpdatedAt = ptr(at(n))
	}
	if _, ok := entity.(*schemas.Candidate); ok && v.feed == schemas.FeedWebhookPush {
		o.Act = normalize.Pushed
	}
	record := reflect.ValueOf(entity).Elem()
	for i := range record.NumField() {
		name := record.Type().Field(i).Tag.Get("avro")
		value, ok := v.values[name]
		if !ok {
			value, ok = v.hidden[name]
		}
		if ok {
			fill(record.Field(i), links, value, round, links[record.Type().Name()][name])
		}
	}
	return o
}

// fill gives a field its value of that number; 0 is empty.
func fill(v reflect.Value, links map[string]map[string]bool, value, round int, link bool) {
	if value == 0 {
		return
	}
	switch at := v.Addr().Interface().(type) {
	case *time.Time:
		*at = epoch.Add(time.Duration(value) * 24 * time.Hour)
		return
	case *big.Rat:
		at.SetInt64(int64(value))
		return
	case *schemas.OfferStatus:
		*at = []schemas.OfferStatus{schemas.OfferStatusPending, schemas.OfferStatusSent, schemas.OfferStatusAccepted}[value-1]
		return
	case *schemas.ActivityType:
		*at = []schemas.ActivityType{schemas.ActivityTypeAddCandidate, schemas.ActivityTypeMoveStage, schemas.ActivityTypeMoveStage}[value-1]
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), links, value, round, link)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), value, value))
		for i := range value {
			fill(v.Index(i), links, i+1, round, link)
		}
	case reflect.Map:
		v.Set(reflect.ValueOf(map[string]string{"key": fmt.Sprint(value)}))
	case reflect.Struct:
		for i := range v.NumField() {
			name := v.Type().Field(i).Tag.Get("avro")
			fill(v.Field(i), links, value, round, links[v.Type().Name()][name])
		}
	case reflect.String:
		switch {
		case v.Type() != reflect.TypeFor[string]():
			v.SetString("UNKNOWN")
		case link:
			v.SetString(fmt.Sprintf("https://example.com/%d?sign=%d", value, round))
		default:
			v.SetString(fmt.Sprintf("text %d", value))
		}
	case reflect.Bool:
		v.SetBool(value%2 == 0)
	case reflect.Int32, reflect.Int64:
		v.SetInt(int64(value))
	case reflect.Float64:
		v.SetFloat(float64(value))
	}
}
