// Package moka is the client for Moka's API: what ingest/poll reads with and
// internal/writeback writes with, within the one quota that a customer has.
//
// # Answers
//
// Moka says "done" in six shapes, and a wrong key is an HTTP 500. What an
// endpoint's success looks like is decided once, in its row of endpoints.go;
// everything else becomes an *Error of one Kind, so that callers decide by
// KindOf alone. Texts of Moka's are kept in errors without what looks like a
// telephone number, an e-mail address or an identity card; keys and tokens are
// never in them, and no part of an answer that was not understood is.
//
// # Reads and writes
//
// A read is tried up to Deps.Attempts times, with full jitter between. A write
// is sent once: Moka has no idempotency key. When it is certain that a write did
// not happen, because Moka said so or because nothing of it left the machine,
// the error says so; every other failure of a write is KindAmbiguous, to be
// settled by reading Moka back.
//
// # Wire
//
// Moka's answers are read leniently: keys match whatever their case, ids and
// codes may be text, a list of one may be the bare object, a list may be JSON
// text. The items of a page are handed on byte for byte; only what paging needs
// (ids, times) is looked at. Bodies are bounded by Config.MaxBody, an attempt by
// Config.Timeout. Redirects are not followed: Moka documents none. Plain http is
// refused but on loopback.
//
// # Quota
//
// Every HTTP attempt asks the Gate once. Quota is a Gate: it lets callers wait
// by the priority of their Class, leaves every class a floor, and learns from
// refusals. Budget is its arithmetic, pure, for who plans for himself.
package moka
