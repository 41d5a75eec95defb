// Package upgrade has no code of its own: its tests run the program of an earlier
// commit and this one side by side.
//
// TestRollingUpgrade has two ingest replicas of the old release take webhooks and
// poll a simulated company that lives, replaces them one by one by the new release,
// and one of them by the old one again (a rollback), all under load. Afterwards each
// webhook that was answered with 2xx has its event once and in order, the states are
// what the simulator says is true, and no event is there twice. The replicas are
// asked to stop, as a rollout does, and killed where MOKAFKA_UPGRADE_KILL=1.
//
// The old release is MOKAFKA_UPGRADE_FROM (a git ref), or the last commit before HEAD
// that touches Go code and builds; the new one is MOKAFKA_UPGRADE_TO, or the working
// tree. Where there is none, as in a shallow clone, the
// test fails: what it is about cannot be told there.
package upgrade
