// Package resources is what Moka's read endpoints answer: from a company and a
// request's parameters, already decoded, to the JSON that Moka documents. One
// method of View per endpoint, in the words, the key order and the kinds of
// value of the documented samples; keys that the English document translated by
// machine (CandidateId) have their real names (candidateId).
//
// Everything here is pure but for two things that belong to reading Moka: the
// feeds that mark what they return (MovedApplications with ReqType "update",
// MarkedApplications) mark it in the company. Refusals that are documented, or
// that any server would have to give, are answers as well: a status and a body
// in the endpoint's own shape of failure. How requests are routed,
// authenticated, counted and delayed is not this package's business.
//
// # Quirks
//
// What real answers do now and then, and a reader has to bear (View.Quirks): ids
// as text, a list of one as the bare object, a list as JSON text. They are drawn
// by the number of the reading, so a repeated reading differs. Links are signed
// anew at each reading, whatever the quirks.
//
// # Times
//
// Filters of the v2 feed are Beijing time written with a Z (BeijingTime); the
// others are dates or ISO 8601 (Since). Answers mix ISO 8601 with milliseconds,
// "2006-01-02 15:04:05" in Beijing time (v1/data/applications, createdAt of
// v1/interviews) and Unix milliseconds (getApplicationStates), each where the
// sample has it.
package resources
