// Package content compares the records of the schemas by what they hold: which
// fields differ, whether any does, and a fingerprint that is the same exactly
// when none does. Links that are signed anew at every read count without their
// query, so that another signature is no change.
//
// It is pure: no context, clock, log or I/O. A Model is built once, from the
// schemas, and then only read; it is safe for concurrent use. Who compares two
// records with it and who remembers a fingerprint of one agree on what a change
// is: derive does the former, poll the latter.
package content
