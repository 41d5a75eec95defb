package normalize

import "github.com/mokafka/mokafka/schemas"

// flatApplication reads an item of the older feeds of applications, which is like
// the data of pushCandidate.
func flatApplication(e *schemas.JournalEntry, opts Options, feed schemas.Feed) ([]Observation, error) {
	r := newReader(e.Body, opts.Location)
	var p *pushed
	if err := r.whole(func() { p = r.pushed(e.ApplicationID) }); err != nil {
		return nil, err
	}
	if err := p.belongs(e, "applicationId"); err != nil {
		return nil, err
	}
	updated := p.candidate.UpdatedAt
	if updated == nil && feed == schemas.FeedMovedApplications {
		updated = p.candidate.MovedAt
	}
	return p.observations(e.OrgID, shown(e, feed, updated), nil), nil
}
