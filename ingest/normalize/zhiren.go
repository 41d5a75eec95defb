package normalize

import (
	"reflect"
	"strings"

	"github.com/mokafka/mokafka/schemas"
)

// zhirenEndpoint is that of entries from the Zhiren door, whose payload has no
// envelope and keys of its own.
const zhirenEndpoint = "webhook/zhiren"

// zhirenCandidate reads the payload: the keys that pushCandidate has too, and
// its own.
var zhirenCandidate = recordOf[schemas.Candidate](personKeys, resumeKeys, applicationKeys, pushedKeys, map[string]row{
	"id":       text("external_id"),
	"jobTitle": text("job.title"),
})

// offerFiles reads offerAttachmentUrls, of a type that Moka leaves open: a link,
// a list of links, or files like those of an offer elsewhere.
var offerFiles = recordOf[schemas.Offer](map[string]row{"offerAttachmentUrls": links("attachments")})

// links reads a list of files, or of bare links to them, or one of either.
func links(field string) row {
	bare, _ := fieldOf(reflect.TypeFor[schemas.OfferAttachment](), "url")
	element := func(r *reader, at place) {
		if r.peek() == '{' {
			offerAttachment.appendTo(r, at)
			return
		}
		var file schemas.OfferAttachment
		textKind.set(r, place{reflect.ValueOf(&file).Elem(), bare}, false)
		if file.URL != nil {
			all := at.field().Addr().Interface().(*[]schemas.OfferAttachment)
			*all = append(*all, file)
		}
	}
	return row{field: field, kind: listOf(reflect.TypeFor[[]schemas.OfferAttachment](), element)}
}

// zhirenPush reads the payload of the Zhiren receiver. What Moka documents as
// its id is the candidate's, not the application's, and need not be a number:
// it is the candidate's external_id, also its candidate_id where it is a number,
// and the application is the one derived from it (schemas.DerivedApplicationID).
func zhirenPush(e *schemas.JournalEntry, opts Options) ([]Observation, error) {
	r := newReader(e.Body, opts.Location)
	var p *pushed
	if err := r.whole(func() { p = r.zhiren() }); err != nil {
		return nil, err
	}
	c := p.candidate
	if c.ExternalID == nil || strings.TrimSpace(*c.ExternalID) == "" {
		return nil, &Error{Class: MissingID, Path: "id"}
	}
	id := strings.TrimSpace(*c.ExternalID)
	c.ExternalID, p.application = &id, schemas.DerivedApplicationID(id)
	if e.ApplicationID == nil || *e.ApplicationID != p.application {
		return nil, &Error{Class: WrongApplication, Path: "id"}
	}
	if n, ok := parseLong(r, value(id)); ok && n > 0 && c.CandidateID == nil && isNumber(id) {
		c.CandidateID = &n
		p.spoken.add(zhirenCandidate.bit("candidate_id"))
	}
	seen := envelope{}.observation(e, Pushed, schemas.FeedWebhookPush, nil)
	seen.OccurredAt, seen.Operator = seen.UpdatedAt, c.Operator
	return p.observations(e.OrgID, seen, nil), nil
}

// zhiren reads the payload of the Zhiren receiver.
func (r *reader) zhiren() *pushed {
	p := &pushed{candidate: &schemas.Candidate{}}
	files, spoken, fileExtra := schemas.Offer{}, bitset{}, []misfit(nil)
	p.spoken = zhirenCandidate.read(r, reflect.ValueOf(p.candidate).Elem(), func(key string) bool {
		switch {
		case strings.EqualFold(key, "offerInfo"), strings.EqualFold(key, "offer"):
			r.enter("offerInfo")
			p.readOffer(r)
			r.leave()
		case strings.EqualFold(key, "offerAttachmentUrls"):
			around := r.extra
			r.extra, files, spoken = nil, schemas.Offer{}, bitset{}
			var had members
			had.read(r, &offerFiles.rows[0], 0, reflect.ValueOf(&files).Elem())
			spoken.union(offerFiles.rows[0].speaks)
			fileExtra, r.extra = r.extra, around
		default:
			return false
		}
		return true
	})
	p.extra = r.extra
	if files.Attachments == nil && fileExtra == nil {
		return p
	}
	if p.offer == nil {
		p.offer = &schemas.Offer{}
	}
	p.offer.Attachments = append(p.offer.Attachments, files.Attachments...)
	p.offerSpoken.union(spoken)
	p.offerExtra = append(p.offerExtra, fileExtra...)
	return p
}
