// Package recovery is what operators put things right with: dead letters are
// looked at and put back where they were refused, cursors of feeds are set, and
// the offsets and topics of consumer teams are moved and filled again.
//
// What it promises:
//
//   - Looking changes nothing, and neither does a plan: every change is first to
//     be had as a plan of it.
//   - What is redriven is written in one transaction with the record that says
//     so. Whoever redrives takes a transactional id first and reads the letters
//     after that, so that of two operators none repeats what the other did.
//   - Letters of one key are redriven in the order in which they were refused.
//   - A group's offsets are moved only while it has no members, and a copy that
//     was interrupted goes on where it ended.
//
// # Marks
//
// The dead-letter topic is not compacted: a letter stays until it is too old. That
// it was redriven or dropped is a record behind it in the same topic, a mark: a
// DeadLetter of class "redriven" or "dropped" without bytes, whose header
// moka_redrives or moka_drops names the letter's id. It is younger than its
// letter, so it goes after it. A letter that is written again under its id after
// its mark (Moka may send the same bad webhook twice) is open again.
//
// Errors and lists hold ids, classes and keys, never personal data; the bodies
// of letters do.
package recovery
