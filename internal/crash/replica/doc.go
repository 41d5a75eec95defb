// Package replica runs the program as processes, for the tests of internal/crash
// that kill it, replace it by another version and take its data away, and counts
// what became of what it was told.
//
// It builds the program (Build, and Releases for earlier commits), starts, stops
// and kills it (Worker), presses Import EHR again and again (Presses), and reads
// what a read_committed consumer sees (Read, Caught). Nothing of it is in the binary.
// It knows nothing of package testing: what fails is an error, with the end of the
// process's log where that helps.
//
// A process that it started ends with the one that started it: its standard input
// does. Who makes a Worker calls Kill when done.
package replica
