// Package state keeps the last version of every entity close at hand: a local
// copy of the compacted state topics, in a bbolt file, so that what is known
// may be larger than memory.
//
// The topics are the truth and the file a copy that may always be thrown away.
// Store is told what was committed, never what is hoped for: Apply comes after
// the Kafka transaction. Restore catches a partition up from where its copy
// ends, through transactions that are still being decided, to the end the topic
// had when it was asked; only then may the partition be worked on.
//
// A copy is thrown away and read anew when its topic was made anew, when it is
// so old that tombstones may have been compacted away since, and when the
// machine went down while the file was open: the file is not synced to disk at
// every write, which a crash of the process does not mind and a power cut does.
package state
