// Package specimen makes one example record of each topic, by the code that makes
// the real ones: payloads that Moka documents (samples/) go through the mapper,
// the Decider and the record builders. What no payload leads to (commands and
// their results, a feed's cursor) is built from values, and framed the same way.
//
// It is pure: no clock, no I/O but embedded files. The same build gives the same
// records, so that they can be checked in; times, offsets and schema ids are made
// up. Whatever is wrong with it is a fault of this build.
package specimen
