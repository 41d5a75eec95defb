package crash_test

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/mokafka/mokafka/ingest/normalize"
	"github.com/mokafka/mokafka/schemas"
)

// look is an answer of Moka that showed a fact, in real time.
type look struct {
	value       string
	began, done time.Time
	replica     int
}

// looks are what Moka showed of applications, as its answers left the simulator
// whole. Whatever it showed to somebody who lived on has to be told.
type looks struct {
	mu   sync.Mutex
	on   bool
	seen map[string]map[string][]look // by entity and fact
	// broken is when a replica was killed, or for -1 a broker: what was read before
	// that may never have been written.
	broken []breakage
}

type breakage struct {
	at      time.Time
	replica int
}

// alike is how many looks in a row that show the same are kept.
const alike = 3

func (l *looks) begin() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.on, l.seen = true, map[string]map[string][]look{}
}

func (l *looks) brokeNow(replica int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.broken = append(l.broken, breakage{time.Now(), replica})
}

// take takes an answer of v2/data/ehrApplications. One that the poller has to
// throw away, since it leads back to itself, shows nothing.
func (l *looks) take(request, body []byte, began, done time.Time, replica int) {
	l.mu.Lock()
	on := l.on
	l.mu.Unlock()
	var asked, answer struct {
		Next string          `json:"next"`
		Data json.RawMessage `json:"data"`
	}
	if !on || json.Unmarshal(body, &answer) != nil || json.Unmarshal(request, &asked) != nil || answer.Next != "" && answer.Next == asked.Next {
		return
	}
	var items []json.RawMessage
	if json.Unmarshal(answer.Data, &items) != nil {
		items = []json.RawMessage{answer.Data}
	}
	for _, item := range items {
		for _, seen := range observe(item) {
			l.add(keyOf(seen), factsOf(seen), look{began: began, done: done, replica: replica})
		}
	}
}

// observe reads an item as the mapper does.
func observe(item []byte) []any {
	var named struct {
		Basic struct {
			ID json.RawMessage `json:"applicationId"`
		} `json:"basicInfo"`
	}
	if json.Unmarshal(item, &named) != nil {
		return nil
	}
	id, err := strconv.ParseInt(strings.Trim(string(named.Basic.ID), `"`), 10, 64)
	if err != nil {
		return nil
	}
	observations, err := normalize.Entry(&schemas.JournalEntry{
		OrgID: org, Channel: schemas.ChannelPoll, Endpoint: "v2/data/ehrApplications", ApplicationID: &id, ContentType: "application/json", Body: item,
	}, normalize.Options{})
	if err != nil {
		return nil
	}
	var all []any
	for i := range observations {
		if observations[i].Act != normalize.Gone {
			all = append(all, observations[i].Entity)
		}
	}
	return all
}

func (l *looks) add(entity string, shown facts, one look) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.seen[entity] == nil {
		l.seen[entity] = map[string][]look{}
	}
	for fact, value := range shown {
		its := l.seen[entity][fact]
		if n := len(its); n >= alike && !slices.ContainsFunc(its[n-alike:], func(o look) bool { return o.value != value }) {
			continue
		}
		one.value = value
		l.seen[entity][fact] = append(its, one)
	}
}

// Who lives on for so long after an answer has written what it showed; and after a
// broker has gone, who polls may have lost the lease with what it had read.
const (
	writing  = 3 * time.Second
	brokerly = 30 * time.Second
	// apart is how far apart two answers are at the least whose order is certain.
	apart = 500 * time.Millisecond
)

// certainly tells whether somebody who lived on was shown a value of a fact, in a
// stretch of virtual time, and no newer look could overtake that one.
func (l *looks) certainly(c clock, entity, fact, value string, from, until time.Time) bool {
	its := l.seen[entity][fact]
	for i, one := range its {
		began := c.virtual(one.began)
		if one.value != value || began.Before(from) || !c.virtual(one.done).Before(until) {
			continue
		}
		overtaken := slices.ContainsFunc(its[i+1:], func(o look) bool { return o.done.Before(one.done.Add(apart)) })
		overtaken = overtaken || slices.ContainsFunc(its[:i], func(o look) bool { return o.began.After(one.began.Add(-apart)) })
		lost := slices.ContainsFunc(l.broken, func(b breakage) bool {
			after := b.at.Sub(one.began)
			return b.replica == one.replica && after > 0 && after < writing || b.replica < 0 && after > -brokerly && after < brokerly
		})
		if !overtaken && !lost {
			return true
		}
	}
	return false
}
