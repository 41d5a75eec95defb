package moka

import "time"

// Item is one element of a feed.
type Item struct {
	// ID is the application's, or of headcount feeds the headcount's; 0 where the
	// item has none (an interview), or none that is a positive number.
	ID int64
	// ApplicationIDs are the applications that the item speaks of: of an
	// interview those of its candidates, else ID. Empty for headcounts.
	ApplicationIDs []int64
	// UpdatedAt is zero where Moka gives none. In UTC.
	UpdatedAt time.Time
	// MovedAt is when the application came into its stage, zero where the feed
	// does not say. In UTC.
	MovedAt time.Time
	// Body is the item's JSON exactly as sent. The bodies of a page share their
	// memory, and must not be changed.
	Body []byte
}

// Page is one answer of a feed.
type Page struct {
	Items []Item
	// Next asks for the page after this one; "" on the last. Moka may repeat it
	// for ever: stopping is the caller's business.
	Next string
	// Began is our clock before the request, Date Moka's at its answer (to the
	// second), zero if it did not say.
	Began, Date time.Time
	// Sorted reports that the items have their UpdatedAt, and ascend by it.
	Sorted bool
}
