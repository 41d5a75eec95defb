package poll

import (
	"fmt"
	"strconv"
	"time"

	"github.com/cespare/xxhash/v2"

	"github.com/mokafka/mokafka/ingest/content"
	"github.com/mokafka/mokafka/ingest/normalize"
	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
)

// mapper makes journal entries of what was found, and leaves out what is no news.
type mapper struct {
	org   string
	opts  normalize.Options
	model *content.Model
	index *Index
	// floor is when a predecessor, whose clock was ahead of ours, last wrote: what
	// is read before that may be older to derive than what it has.
	floor time.Time
}

// news is what a page comes to.
type news struct {
	entries   []*schemas.JournalEntry
	marks     map[string]mark
	sightings []Sighting
	// doubtful are the keys whose marks hold no more once the entries are written,
	// forgotten the beginnings of those that are to go.
	doubtful, forgotten []string
}

// take adds what was found. It fails only if the index can't be read.
func (m *mapper) take(n *news, f found) error {
	if f.gone {
		n.sightings = append(n.sightings, Sighting{Kind: f.kind(), ID: f.item.ID, At: f.began, Gone: true})
		n.entries = append(n.entries, m.entry(f, f.item.ID))
		m.forget(n, f)
		return nil
	}
	ids := f.item.ApplicationIDs
	if f.headcount {
		ids = []int64{f.item.ID}
	}
	for _, id := range ids {
		if id <= 0 {
			continue // not one of Moka's
		}
		if err := m.one(n, f, m.entry(f, id), id); err != nil {
			return err
		}
	}
	if len(ids) == 0 {
		return m.one(n, f, m.entry(f, 0), 0) // for the dead letters, with its bytes
	}
	return nil
}

// forget has what comes back be news, also to a read that began before.
func (m *mapper) forget(n *news, f found) {
	gone := mark{read: f.began}
	if f.headcount {
		for _, endpoint := range []string{endpointHeadcounts, endpointHeadcount} {
			n.marks[endpoint+"|"+publish.HeadcountKey(m.org, f.item.ID)] = gone
		}
		return
	}
	for _, endpoint := range []string{endpointApplications, endpointApplicationsV1, endpointMoved} {
		n.marks[endpoint+"|"+publish.CandidateKey(m.org, f.item.ID)] = gone
	}
	for _, endpoint := range []string{endpointInterviews, endpointFeedbacks} {
		n.forgotten = append(n.forgotten, endpoint+"|"+publish.InterviewKey(m.org, f.item.ID, ""))
	}
}

func (m *mapper) one(n *news, f found, e *schemas.JournalEntry, id int64) error {
	observations, err := normalize.Entry(e, m.opts)
	var key string
	var fingerprint uint64
	if err != nil || len(observations) == 0 {
		// What the mapper can't read is journaled once: derive says what is wrong.
		fingerprint = max(1, xxhash.Sum64String(content.Unsigned(string(e.Body))))
		key = e.Endpoint + "|" + strconv.FormatInt(id, 10) + "|" + strconv.FormatUint(fingerprint, 16)
	} else {
		key, fingerprint = m.fingerprint(e, observations)
	}
	last, err := m.index.mark(key)
	if err != nil {
		return fmt.Errorf("read the poll index: %w", err)
	}
	if id > 0 {
		n.sightings = append(n.sightings, sightingOf(f, id, observations))
	}
	if known, ok := n.marks[key]; ok && known.fingerprint == fingerprint || !ok && last.fingerprint == fingerprint && !f.sure {
		return nil
	}
	if last.fingerprint != 0 {
		n.doubtful = append(n.doubtful, key)
	}
	n.marks[key] = m.mark(fingerprint, f.began, last)
	n.entries = append(n.entries, e)
	return nil
}

// mark is what is to be remembered of an entry. One whose read began no later than
// that of the last may be older to derive, which goes by that, or newer, for calls
// overlap: derive decides, and what it made of it the next read will show.
func (m *mapper) mark(fingerprint uint64, began time.Time, last mark) mark {
	if began.UnixMilli() <= last.read.UnixMilli() || !began.After(m.floor) {
		return mark{read: later(began, last.read)}
	}
	return mark{fingerprint: fingerprint, read: began}
}

// fingerprint is the key under which an entry's content is remembered, and its
// fingerprint: over all the entities that it shows.
func (m *mapper) fingerprint(e *schemas.JournalEntry, observations []normalize.Observation) (string, uint64) {
	sum := make([]byte, 0, 64)
	for i := range observations {
		sum = strconv.AppendUint(append(sum, keyOf(observations[i].Entity)...), m.model.Observation(&observations[i]), 16)
		sum = append(sum, ' ')
	}
	key, fingerprint := e.Endpoint+"|"+keyOf(observations[0].Entity), max(1, xxhash.Sum64(sum))
	if e.Endpoint == endpointFeedbacks {
		// An interviewer who speaks twice of the same round of an application is one
		// entity, and the feed goes on showing both: each time and content is
		// remembered by itself.
		if e.UpdatedAt != nil {
			key += "|" + strconv.FormatInt(e.UpdatedAt.UnixMilli(), 10)
		}
		key += "|" + strconv.FormatUint(fingerprint, 16)
	}
	return key, fingerprint
}

// keyOf is the key of an entity.
func keyOf(entity normalize.Entity) string {
	switch e := entity.(type) {
	case *schemas.Candidate:
		return publish.CandidateKey(e.OrgID, e.ApplicationID)
	case *schemas.Offer:
		return publish.OfferKey(e.OrgID, e.ApplicationID)
	case *schemas.Interview:
		return publish.InterviewKey(e.OrgID, e.ApplicationID, e.InterviewID)
	case *schemas.Headcount:
		return publish.HeadcountKey(e.OrgID, e.HeadcountID)
	}
	return ""
}

// entry is the journal's form of an item: of one application, or of a headcount.
// id is 0 where the item names neither.
func (m *mapper) entry(f found, id int64) *schemas.JournalEntry {
	version := versionOf(f.item)
	e := &schemas.JournalEntry{
		OrgID: m.org, Channel: f.channel, Endpoint: f.endpoint, ReceivedAt: f.began,
		ContentType: "application/json", Body: f.item.Body,
	}
	what := "none"
	switch {
	case f.headcount:
		e.HeadcountID, what = &id, "hc"
	case id != 0:
		e.ApplicationID, what = &id, "app"
	}
	var ms int64
	if !version.IsZero() {
		e.UpdatedAt, ms = &version, version.UnixMilli()
	}
	if f.gone {
		gone := "gone"
		e.Event, e.Body = &gone, []byte("{}")
	}
	e.EntryID = fmt.Sprintf("poll:%s:%s:%d:%d:%d", f.endpoint, what, id, ms, f.began.UnixMilli())
	if !f.gone && f.endpoint == endpointInterviews || f.endpoint == endpointFeedbacks || what == "none" {
		// A page may show several of one application.
		e.EntryID += ":" + strconv.FormatUint(xxhash.Sum64(f.item.Body), 16)
	}
	return e
}

func (f found) kind() Kind {
	if f.headcount {
		return Headcounts
	}
	return Applications
}

// sightingOf says what an item tells the index. Only what shows the whole
// application says whether it is hot.
func sightingOf(f found, id int64, observations []normalize.Observation) Sighting {
	s := Sighting{Kind: f.kind(), ID: id, At: f.began, Partial: true}
	for i := range observations {
		if c, ok := observations[i].Entity.(*schemas.Candidate); ok && f.whole() {
			s.Partial, s.Hot = false, s.Hot || hot(c)
		}
		if iv, ok := observations[i].Entity.(*schemas.Interview); ok && f.whole() {
			s.Hot = s.Hot || ahead(iv, f.began)
		}
	}
	if f.headcount {
		s.Partial = false
	}
	return s
}

// whole tells whether the endpoint shows all of an application.
func (f found) whole() bool {
	return f.endpoint == endpointApplications || f.endpoint == endpointApplicationsV1
}

// hot tells whether an application is open, in a stage where things change that
// do not move updatedAt.
func hot(c *schemas.Candidate) bool {
	if c.HiredAt != nil || c.Archived != nil && *c.Archived || c.Stage == nil || c.Stage.Type == nil {
		return false
	}
	switch *c.Stage.Type {
	case schemas.StageTypeInterview, schemas.StageTypeOffer, schemas.StageTypePendingOnboarding:
		return true
	default:
		return false
	}
}

// ahead tells whether an interview is still to come, or was not long ago.
func ahead(iv *schemas.Interview, now time.Time) bool {
	if iv.Status != nil && *iv.Status == schemas.InterviewStatusCancelled {
		return false
	}
	return iv.StartsAt != nil && iv.StartsAt.After(now.Add(-48*time.Hour))
}
