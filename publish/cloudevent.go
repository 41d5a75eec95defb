package publish

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/mokafka/mokafka/schemas"
)

// eventMeta is what headers and keys need of an event of any family.
type eventMeta struct {
	family             Family
	id, kind, org      string
	root, key          string
	occurred, observed time.Time // occurred is zero where Moka gave none
}

// metaOf reads it; ok is false for anything that is not a pointer to an event.
func metaOf(event any) (m eventMeta, ok bool) {
	var occurred *time.Time
	switch e := event.(type) {
	case *schemas.CandidateEvent:
		m = eventMeta{family: Candidates, id: e.EventID, kind: string(e.Type), org: e.OrgID, observed: e.ObservedAt}
		m.root = Root(e.OrgID, e.ApplicationID)
		m.key, occurred = m.root, e.OccurredAt
	case *schemas.OfferEvent:
		m = eventMeta{family: Offers, id: e.EventID, kind: string(e.Type), org: e.OrgID, observed: e.ObservedAt}
		m.root, m.key = Root(e.OrgID, e.ApplicationID), OfferKey(e.OrgID, e.ApplicationID)
		occurred = e.OccurredAt
	case *schemas.InterviewEvent:
		m = eventMeta{family: Interviews, id: e.EventID, kind: string(e.Type), org: e.OrgID, observed: e.ObservedAt}
		m.root, m.key = Root(e.OrgID, e.ApplicationID), InterviewKey(e.OrgID, e.ApplicationID, e.InterviewID)
		occurred = e.OccurredAt
	case *schemas.HeadcountEvent:
		m = eventMeta{family: Headcounts, id: e.EventID, kind: string(e.Type), org: e.OrgID, observed: e.ObservedAt}
		m.root = HeadcountRoot(e.OrgID, e.HeadcountID)
		m.key, occurred = m.root, e.OccurredAt
	default:
		return m, false
	}
	if occurred != nil {
		m.occurred = *occurred
	}
	return m, true
}

// schemaBase is what the ids of schemas are appended to for ce_dataschema:
// the registry's address without user and password. It is empty, and the header
// then left out, where there is no usable address.
func schemaBase(registryURL string) string {
	u, err := url.Parse(registryURL)
	if err != nil || u.Scheme == "" || u.Host == "" {
		return ""
	}
	u.User, u.RawQuery, u.Fragment = nil, "", ""
	return strings.TrimRight(u.String(), "/") + "/schemas/ids/"
}

// cloudEvent are the headers of CloudEvents 1.0 in Kafka's binary mode, for
// routing without decoding. All values share one buffer.
func (m eventMeta) cloudEvent(schemaBase string, schemaID int, causation string) []kgo.RecordHeader {
	headers := make([]kgo.RecordHeader, 0, 9)
	buf := make([]byte, 0, 256)
	var start int
	begin := func() { start = len(buf) }
	end := func(name string) {
		headers = append(headers, kgo.RecordHeader{Key: name, Value: buf[start:len(buf):len(buf)]})
	}
	text := func(name string, parts ...string) {
		begin()
		for _, p := range parts {
			buf = append(buf, p...)
		}
		end(name)
	}
	text("ce_specversion", "1.0")
	text("ce_id", m.id)
	text("ce_source", "/moka/", url.PathEscape(m.org))

	begin()
	buf = append(append(append(buf, "com.moka."...), m.family.Entity()...), '.')
	for _, c := range []byte(m.kind) {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		buf = append(buf, c)
	}
	buf = append(buf, ".v1"...)
	end("ce_type")

	text("ce_subject", m.key)

	at := m.occurred
	if at.IsZero() {
		at = m.observed
	}
	begin()
	buf = at.UTC().AppendFormat(buf, "2006-01-02T15:04:05.000Z07:00")
	end("ce_time")

	if schemaBase != "" {
		begin()
		buf = strconv.AppendInt(append(buf, schemaBase...), int64(schemaID), 10)
		end("ce_dataschema")
	}
	if causation != "" {
		text("ce_causationid", causation)
	}
	text("content-type", "application/avro")
	return headers
}
