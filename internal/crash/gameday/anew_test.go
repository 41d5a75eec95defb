package gameday_test

import (
	"time"

	"github.com/mokafka/mokafka/internal/crash/verdict"
	"github.com/mokafka/mokafka/internal/kafkatest"
	"github.com/mokafka/mokafka/schemas"
)

// loseEverything has the replicas begin in another Kafka with what they have on their
// disks, and reads all of Moka into it, while the company lives; and again.
func (d *day) loseEverything() {
	d.t.Helper()
	old := d.settled()
	d.stop()
	began := time.Now()
	d.useKafka(kafkatest.Start(d.t))
	for _, w := range d.workers {
		w.Env = append(w.Env, d.kafka.Env()...) // the last word counts
		d.start(w)
	}
	d.must(d.company.Start(d.t.Context(), pace))
	since := time.Now().AddDate(-3, 0, 0).Format(time.DateOnly)
	d.types("backfill", "--feed", "all", "--since", since)
	took := time.Since(began)
	d.must(d.company.Rest(d.t.Context()))
	gone := d.lives()
	p := d.settled()
	if err := p.Gone(gone); err != nil && len(p.Events) > 0 {
		d.t.Error(err)
	}
	snapshots, lives, same := count(p, old)
	d.t.Logf("a new Kafka has %d snapshots and %d live changes; %d snapshots are under the id that they had in the old one", snapshots, lives, same)
	if snapshots < d.size || lives == 0 || same == 0 {
		d.t.Error("snapshots and live changes are not told apart, or a snapshot has another id where nothing changed")
	}
	// What the company did since the first shows in feeds that look back some days only.
	d.types("backfill", "--feed", "all", "--since", since)
	p = d.settled()
	d.types("backfill", "--feed", "all", "--since", since)
	again := d.settled()
	d.quiet("a backfill was repeated", p, again)
	d.recovered("a whole new Kafka", again, took)
}

// count counts snapshots, changes, and the snapshots that another Kafka has too.
func count(p, old *verdict.Picture) (snapshots, changes, same int) {
	for _, events := range p.Events {
		for _, ev := range events {
			switch {
			case ev.Op == schemas.OperationSnapshot:
				snapshots++
				if old.IDs[ev.ID] > 0 {
					same++
				}
			case live(ev.Op, ev.Source.Channel):
				changes++
			}
		}
	}
	return snapshots, changes, same
}
