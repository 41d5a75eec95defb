// Package gameday has no code of its own: TestGameDay takes away, one after another,
// what an operator may lose, gets it back as the runbooks in deploy/runbooks say, and
// holds the topics against the simulator's truth after each.
//
// A simulated company lives, two replicas of the real program take its webhooks and
// poll it. Then
//
//	local state   the data directories of the replicas are deleted while they are down
//	disk          a broker is killed and comes back with an empty disk (three real brokers)
//	state topic   the states of candidates are deleted, and rebuilt from the events
//	mapper        a release misreads offers for a while, and is repaired by a replay
//	journal       the journal is deleted, and derive goes on with the new one
//	new Kafka     everything is gone but Moka: backfill, three times
//
// After each, the last event and the state of every entity say what is so, what was
// deleted is known to be, and no event is there twice under one id; but for snapshots
// where the state was lost without a rebuild. Snapshots and replayed events are told
// apart from live changes by op and source.channel.
//
// The size is MOKAFKA_GAMEDAY_APPLICATIONS: applications of earlier years, one number
// or several, with commas: then a day is lived with each, and the times are
// extrapolated to 100,000 entities. What is on the embedded broker has no disk to
// lose, and says so.
//
//	MOKAFKA_GAMEDAY_APPLICATIONS=2000,20000 go test -run TestGameDay -v -timeout 1h ./internal/crash/gameday
package gameday
