package resources

import "time"

// ApplicationsQuery is the body of POST v2/data/ehrApplications. Zero values
// filter nothing.
type ApplicationsQuery struct {
	IDs                       []int64   // 20 at most
	UpdatedFrom, UpdatedUntil time.Time // both inclusive
	CreatedFrom, CreatedUntil time.Time // both inclusive
	PipelineIDs, StageIDs     []int64
	Archived                  *bool
	HireMode                  int // 1; the company has no campus recruitment (2)
	Email, Phone              string
	Next                      string
	Limit                     int   // 0: 20, the most
	Attachments               *bool // needAttachment; nil: true
	OfferAttachment           bool
}

// ApplicationsV1Query are the parameters of GET v1/data/ehrApplications.
type ApplicationsV1Query struct {
	IDs                   []int64 // given: nothing below counts
	Stage                 string  // offer, pending_checkin or all (both); required without IDs
	Email, Phone          string
	MovedFrom, MovedUntil time.Time // both inclusive
	Ascending             bool      // order=ASC: oldest first, and always a next
	Next                  string
	Limit                 int // 0: 20, the most
}

// MovedQuery are the parameters of GET v1/data/movedApplications and, without
// Next, ReqType and Limit, of GET v1/data/moved_applications.
type MovedQuery struct {
	Stage   string    // "" or all; preliminary_filter, filter, interview, offer, pending_checkin, exam, none, shigong
	From    time.Time // by moved_at, inclusive; only without Next
	Next    string
	ReqType string // all, or update (the default), which marks what it returns
	Limit   int    // 0: 20, the most
}

// FeedQuery are the parameters of GET v1/data/applications,
// v1/data/headcounts and v1/data/interviewer_feedbacks: either From or Next.
type FeedQuery struct {
	From  time.Time // by updatedAt, inclusive
	Next  string
	Limit int // 0: 100; 500 at most
}

// HeadcountsQuery are the parameters of GET v1/headcounts.
type HeadcountsQuery struct {
	HireMode int
	Status   string // "": any
	Page     int    // from 1; 0: 1. A page has 20
}

// InterviewsQuery are the parameters of GET v1/interviews: From and Until of
// the interview's start, or CreatedFrom and CreatedUntil, or both pairs. Only
// their days (in Beijing) count, both inclusive, 31 at most.
type InterviewsQuery struct {
	From, Until               time.Time
	CreatedFrom, CreatedUntil time.Time
	HireMode                  int
}
