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
// APPROVED, REJECTED; interview types 1 to 5.
//
// Nobody in it exists. Phone numbers are 1860000xxxx, addresses end in
// @example.com, identity papers start with 990000 (a region nobody is born in),
// schools and employers are invented.
//
// A Company is bounded: at most MaxOpen applications are in progress, and only
// the last MaxClosed closed ones are remembered, with MaxMeetings meetings each. It is not safe for concurrent
// use; what it returns points into it and must not be changed.
package company
