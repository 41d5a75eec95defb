package normalize

import (
	"reflect"
	"strings"

	"github.com/mokafka/mokafka/schemas"
)

// requisition reads an item of a feed of headcounts. Moka's orgId says nothing
// more where it is the entry's organisation.
func requisition(e *schemas.JournalEntry, opts Options, feed schemas.Feed) ([]Observation, error) {
	r := newReader(e.Body, opts.Location)
	h := &schemas.Headcount{OrgID: e.OrgID}
	identified := false
	var spoken bitset
	err := r.whole(func() {
		spoken = headcount.read(r, reflect.ValueOf(h).Elem(), func(key string) bool {
			switch {
			case strings.EqualFold(key, "id"):
				h.HeadcountID, identified = parseLong(r, r.value())
			case strings.EqualFold(key, "orgId"):
				r.readOrganisation(e.OrgID)
			default:
				return false
			}
			return true
		})
	})
	switch {
	case err != nil:
		return nil, err
	case !identified:
		return nil, &Error{Class: MissingID, Path: "id"}
	case e.HeadcountID == nil || *e.HeadcountID != h.HeadcountID:
		return nil, &Error{Class: WrongHeadcount, Path: "id"}
	}
	if h.Extra = extra(r.extra); h.Extra != nil {
		spoken.add(headcount.bit("extra"))
	}
	seen := shown(e, feed, h.UpdatedAt)
	seen.Entity, seen.Carries = h, headcount.fields(spoken)
	return []Observation{seen}, nil
}

// readOrganisation keeps the name of another organisation than org.
func (r *reader) readOrganisation(org string) {
	r.enter("orgId")
	v := r.value()
	if name, _ := r.bare(v); name != org {
		r.keep(v)
	} else {
		r.extra = append(r.extra, misfit{path: r.path.String()}) // the key may have come before
	}
	r.leave()
}
