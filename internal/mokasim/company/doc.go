// Package company is a made-up company that recruits: jobs, candidates,
// applications, offers and interviews, and the acts by which they change.
//
// It is a pure state machine. A Company reads no clock, does no I/O and starts
// nothing: every act is told the time, and every choice comes from the seed, so
// the same seed and the same sequence of acts and times give the same company
// down to the last phone number. Each act tells the observer of each change as
// soon as it is made, in order; the observer sees the company as it is right
// after that change and no later.
//
// Stages and states follow what Moka documents: stages 初筛 (type 100),
// 用人部门筛选 (200), 面试 (201), 沟通offer (101), 待入职 (102); offer status
// pending, sent, accepted, rejected; offer approval UNINITIATED, INPROGRESS,
// APPROVED, REJECTED; interview types 1 to 5; headcounts unstart, ongoing,
// suspend, complete, timeout.
//
// Nearly all of its life is the way of applications through the stages. Now and
// then headcounts open, change, fill up, close and are deleted; people are made
// regular or resign; applications return from the archive, move back or are
// deleted. Behind the story lie the applications of two earlier years, as many
// as Settings ask for, which cost next to nothing; see sleepers.go.
//
// Every change that is not quiet (Settings.QuietShare) moves UpdatedAt of its
// applications, and every change of a headcount, a hiring under it included,
// the headcount's. Applications are in order by UpdatedAt and by MovedAt, among
// equal times by id: ByUpdate, ByMove.
//
// What the API and people order besides (Commands) goes through the same acts.
// Orders may put more applications in progress than life does.
//
// Nobody in it exists. Phone numbers are 1860000xxxx, addresses end in
// @example.com, identity papers start with 990000 (a region nobody is born in),
// schools and employers are invented.
//
// A Company is bounded: at most MaxOpen applications are in progress, with
// MaxMeetings meetings each remembered, and beyond MaxClosed closed ones the
// oldest are deleted, which is a change as any other. Acts must be told times
// that do not go back for long: the orders by time rely on it for their speed,
// not for being right. It is not safe for concurrent use; what it returns points
// into it and must not be changed.
package company
