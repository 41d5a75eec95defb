package webhook

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"

	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
)

// The events that Moka documents for REST.
const (
	eventPushCandidate    = "pushCandidate"
	eventCreateInterviews = "createInterviewsInfo"
	eventUpdateInterviews = "updateInterviewsInfo"
	eventDeleteInterviews = "deleteInterviewsInfo"
)

// Labels of requests whose event is not one of those.
const (
	eventOther  = "other" // one that is not documented
	eventUnread = "none"  // the request did not come that far
)

// knownEvent returns the documented spelling of an event, in whatever case it
// came; ok is false where Moka documents no such event.
func knownEvent(event string) (name string, ok bool) {
	for _, known := range []string{
		eventPushCandidate, eventCreateInterviews, eventUpdateInterviews, eventDeleteInterviews,
	} {
		if strings.EqualFold(event, known) {
			return known, true
		}
	}
	return "", false
}

// maxName bounds ids and names of events: they become keys, and Moka's are short.
const maxName = 128

// push is one authentic push that could be read.
type push struct {
	Envelope
	// known is the event's documented name, "" for another event.
	known string
	// body is the bytes that were signed, with data in the clear.
	body []byte
	// contentType is that of body where it is not the request's own, else "".
	contentType string
	// decrypted: data came encrypted.
	decrypted bool
}

// label is the push's event among a bounded set.
func (p *push) label() string {
	if p.known == "" {
		return eventOther
	}
	return p.known
}

// readPush opens the data where it is encrypted and reads the envelope. The
// returned push has an ID and an Event, and names an application where its event
// is a known one. Otherwise it returns why the body is unreadable. event is what
// a push without an event is taken for, "" for nothing.
func readPush(a authentic, data *DataCipher, zone *time.Location, event string) (*push, *unreadable) {
	p := &push{body: a.body, decrypted: a.decrypted}
	var err error
	if p.Envelope, err = ReadEnvelope(p.body, zone); err != nil {
		return nil, notJSON
	}
	if p.Event == "" {
		p.Event = event
	}
	if p.Event == "" || len(p.Event) > maxName {
		return nil, noEvent
	}
	if known, ok := knownEvent(p.Event); ok {
		p.known, p.Event = known, known
	}
	// Of an event that nobody knows here, data may be text in its own right.
	if p.cipherText != nil && (p.known != "" || looksEncrypted(p.cipherText)) {
		if why := p.open(data); why != nil {
			return nil, why
		}
	}
	if len(p.Applications) > MaxApplications {
		return nil, tooManyApplications
	}
	if p.known == eventPushCandidate {
		// It is about one application: of several, nobody knows which.
		if p.Applications = p.direct; len(p.Applications) != 1 {
			return nil, noApplication
		}
	}
	if len(p.Applications) == 0 && p.known != "" {
		return nil, noApplication
	}
	p.ID = stableID(p.ID, p.body)
	return p, nil
}

func (p *push) open(data *DataCipher) *unreadable {
	if data == nil {
		return noDataKey
	}
	plain, err := data.Open(p.cipherText)
	if err != nil {
		return undecryptable
	}
	p.body, p.decrypted = p.splice(p.body, plain), true
	if err := p.readOpened(plain); err != nil {
		return undecryptable
	}
	return nil
}

// stableID is the id by which a repetition of the push is known. An id that is
// no fit key (long, or not of visible ASCII) is replaced by its hash, and a
// missing one by that of the body.
func stableID(id string, body []byte) string {
	unfit := func(r rune) bool { return r <= ' ' || r > '~' }
	switch {
	case id == "":
		return hashID(body)
	case len(id) > maxName, strings.ContainsFunc(id, unfit):
		return hashID([]byte(id))
	default:
		return id
	}
}

func hashID(content []byte) string {
	sum := sha256.Sum256(content)
	return "sha256-" + hex.EncodeToString(sum[:])
}

// receipt is what the door knows of a push beside its content.
type receipt struct {
	org         string
	endpoint    string
	contentType string // as it was sent
	at          time.Time
}

// entries are the push's journal entries, one for each application that it
// names, all with the same bytes; one keyed by the push itself where it names
// none. Their ids depend on the push's id and the applications alone.
func (p *push) entries(r receipt) []*schemas.JournalEntry {
	common := schemas.JournalEntry{
		OrgID:        r.org,
		Channel:      schemas.ChannelWebhook,
		Endpoint:     r.endpoint,
		Event:        &p.Event,
		WebhookID:    &p.ID,
		ReceivedAt:   r.at,
		ContentType:  r.contentType,
		WasEncrypted: p.decrypted,
		Body:         p.body,
	}
	if p.contentType != "" {
		common.ContentType = p.contentType
	}
	if !p.TriggeredAt.IsZero() {
		common.TriggeredAt = &p.TriggeredAt
	}
	if len(p.Applications) == 0 {
		common.EntryID = "wh:" + p.ID + ":" + publish.WebhookKey(r.org, p.ID)
		return []*schemas.JournalEntry{&common}
	}
	entries := make([]*schemas.JournalEntry, 0, len(p.Applications))
	for i, id := range p.Applications {
		entry := common
		entry.EntryID = "wh:" + p.ID + ":" + publish.Root(r.org, id)
		entry.ApplicationID = &p.Applications[i]
		entries = append(entries, &entry)
	}
	return entries
}
