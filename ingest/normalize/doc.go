// Package normalize turns what Moka said, one journal entry at a time, into
// observations of canonical entities. It is pure: no context, clock, log or
// I/O; the same entry gives the same observations for ever, or until Revision
// grows.
//
// It reads leniently and loses nothing. Keys match whatever their case; a
// number may come as text and a list of one as the bare object; null, "", []
// and an absent key are all empty. A value that is not documented, or that does
// not fit its documented type, is kept as JSON text in the entity's extra under
// its path in Moka's own names.
package normalize
