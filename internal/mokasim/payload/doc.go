// Package payload writes what Moka's webhooks carry, in the shapes that Moka
// documents: the keys of the documented samples, in their order, with values of
// the samples' JSON types. Keys that the English document translated by machine
// (CandidateId) have their real names (candidateId). Beyond the samples there
// are only keys of the document's field tables: prefixPhone, archived and
// archivedAt with their reason, offer.status, offer.createdAt,
// customFields[].codes, and roundId, roundName of an interview.
//
// Values are those of a Chinese account: 男, 本科, 未婚, 初试.
//
// Not documented, and therefore a choice: an interview event shows all the
// interviews of what was arranged together, also when one of them changed; a
// deletion shows them as they last were; a group interview is one entry with
// several applicationIds, a sequential one is several entries.
//
// Everything here is pure.
package payload
