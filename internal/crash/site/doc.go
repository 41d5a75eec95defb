// Package site is where the tests of internal/crash have the real program at work:
// topics and schemas under a prefix (Kafka), made by the program's own commands, and
// a simulated company (Company) whose API the workers poll and whose webhooks reach
// whichever of them takes them.
//
// Unlike the virtual day's, its clock is the real one, so its Moka is one that shows
// everything at once and has no quota. Found starts a company that stands still, and
// Close ends what it started. It knows nothing of package testing: faults are errors.
package site
