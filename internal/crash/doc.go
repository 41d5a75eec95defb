// Package crash has no code of its own: its tests kill ingest workers with SIGKILL
// under load, restart brokers beside them, and hold what is in the topics against
// what was said. They run on the embedded broker with few kills, and on a real
// Kafka with many.
//
// # Webhooks
//
// TestKilledIngestLosesAndDoublesNothing runs the real binary and checks that every
// webhook that was answered with 2xx has its event exactly once and in order;
// MOKAFKA_KILLS says how often it kills (4, and 50 on a real Kafka).
//
// # A virtual day
//
// TestVirtualDay has two replicas (the test's binary once more: door, derive and
// poll as mokafka ingest puts them together, but by the test's clock) watch a
// simulated company for a day. Time is scaled: the simulator and the replicas have
// one clock, which runs MOKAFKA_DAY_SCALE times as fast; Kafka's periods and the
// time-outs of derive and of calls are real. First they read all that there is
// (backfill). Then the company lives, with changes that do not move updatedAt, rows
// of equal times, rows that show late, and a clock 90 s ahead of ours, and Moka
// answers with errors, hangs, resets, cut, slow and doubled pages, circles and
// refusals, while the replica that polls is killed: at random moments, some
// milliseconds after it has read news, and for so long that the other takes over.
// Webhooks go to whoever lives. Then life stops, the feeds get time for their
// longest look back, and only after that the sweep is asked to look at everything.
//
// The log of the simulator is then matched with the committed events. Of each
// entity it is compared, fact by fact: of applications the stage, whether they are
// archived, hired, deleted, and updatedAt (which stands for remarks and the like,
// and for resignations, which no feed that Moka documents shows); of offers status and approval; of interviews status, time, and whether
// there is feedback; of headcounts status, need, updatedAt and deletion; and each
// press of Import EHR.
//
//   - Stage moves have an event each, with the time and the stage of the log, in its
//     order. Of an application that came in today, those before it was first seen
//     are history.
//   - The values that the events give any other fact have to be some of the values
//     that the log gives it, in the log's order, ending with the last; and each has
//     to be one that was so while the answer was read that the event comes from
//     (webhooks may be late). So one event may cover several changes: those that
//     were overtaken before anybody looked. But what Moka showed to a replica that
//     was not killed within three seconds, and that no other answer could overtake,
//     has to be told by itself ("seen and not told").
//   - Each event begins where the one before it ended, and the state is what the
//     last one says, but for updatedAt, which is no event by itself. No event id is
//     there twice.
//   - An event that changes none of the facts has to be about what an entity shows
//     of another one, or of fields that its feed had told nothing of before; else
//     it is unexplained, and there may be none.
//   - The sweep finds deletions and nothing else: what only it finds is "late".
//   - At the end the states are what the simulator says is true, and of what was
//     deleted the last event is the deletion. An interview that is called off is
//     told by Moka's webhook as deleted, and by its feeds as cancelled: either will
//     do until it is shown.
//
// Its size: MOKAFKA_DAY_APPLICATIONS of earlier years, MOKAFKA_DAY_HOURS,
// MOKAFKA_DAY_CHANGES a day, MOKAFKA_DAY_SCALE, MOKAFKA_DAY_KILLS, and
// MOKAFKA_DAY_SEED of the company. A whole day of a large one is
//
//	MOKAFKA_DAY_APPLICATIONS=50000 MOKAFKA_DAY_HOURS=24 MOKAFKA_DAY_CHANGES=3000 \
//	MOKAFKA_DAY_SCALE=120 MOKAFKA_DAY_KILLS=60 go test -run TestVirtualDay -v -timeout 1h ./internal/crash
package crash
