// Package verdict holds what is in the topics against what the simulator says is
// true: of each application its stage, whether it is archived and hired, its offer
// and its interviews, and of each headcount its status and need; that what was
// deleted is known to be; that the last event of each entity says what its state
// says; that no event is there twice, and that each begins where the one before it
// ended.
//
// Look reads the topics as a read_committed consumer does, and Picture.Judge names
// what is wrong with them. Both are pure but for the reading, and know nothing of
// package testing.
package verdict
