package polling

import (
	"fmt"
	"time"

	"github.com/mokafka/mokafka/internal/bench/report"
	"github.com/mokafka/mokafka/publish"
)

// seconds writes a duration: 0.15, 12.3, 1,200.
func seconds(d time.Duration) string {
	switch s := d.Seconds(); {
	case s >= 100:
		return report.Count(s)
	case s >= 10:
		return fmt.Sprintf("%.1f", s)
	default:
		return fmt.Sprintf("%.2f", s)
	}
}

func (d *Day) name() string {
	poller := "mokafka"
	if d.Config.Poll == nil {
		poller = "plain, every " + d.Config.Plain.String()
	}
	return fmt.Sprintf("%s · %s/day · %d calls/min", poller, report.Count(float64(d.Config.Company.ChangesPerDay)), d.Config.PerMinute)
}

// Economy has a row for each run.
func Economy(days []*Day) *report.Table {
	t := &report.Table{Header: []string{
		"poller · changes · quota", "changes", "missed", "invented", "calls/1,000 changes", "quota left", "KB journaled/change", "applications' calls", "hot set's", "refetch's",
	}}
	for _, d := range days {
		t.Add(d.name(), report.Count(float64(d.Counts.Changes)), report.Count(float64(d.Counts.Missed)), report.Count(float64(d.Counts.Invented)),
			report.Count(d.CallsPer1000()), report.Percent(d.Left()), fmt.Sprintf("%.1f", d.BytesPerChange()/1000),
			report.Count(float64(d.ByFeed["applications"])), report.Count(float64(d.ByFeed["hot_set"])), report.Count(float64(d.ByFeed["refetch"])))
	}
	return t
}

// Freshness has a row for each family and way of noticing, and three columns for
// each run: how many were told, median and p99 in seconds.
func Freshness(days ...*Day) *report.Table {
	t := &report.Table{Header: []string{"seconds from change to event"}}
	for _, d := range days {
		t.Header = append(t.Header, d.name()+": told", "median", "p99")
	}
	for _, family := range publish.Families() {
		for way := range Way(ways) {
			row, some := []string{family.String() + ", " + way.String()}, false
			for _, d := range days {
				s := d.Told[family][way]
				some = some || s.Count() > 0
				row = append(row, report.Count(float64(s.Count())), seconds(s.Quantile(0.5)), seconds(s.Quantile(0.99)))
			}
			if some {
				t.Add(row...)
			}
		}
	}
	return t
}

// Goals of the runs of mokafka's own poller.
func Goals(days []*Day, fills []*Backfill) []report.Goal {
	var goals []report.Goal
	wrong := 0
	for _, d := range days {
		if d.Config.Poll != nil {
			wrong += d.Counts.Missed + d.Counts.Invented
		}
	}
	if len(days) > 0 {
		goals = append(goals, report.Goal{What: "polling: no change missed, none invented", Got: report.Count(float64(wrong)), Met: wrong == 0})
	}
	for _, b := range fills {
		goals = append(goals, report.Goal{
			What: "backfill: at least 95 % of the quota used", Got: report.Percent(b.Used()), Met: b.Used() >= 0.95,
		})
	}
	return goals
}

// Backfills has a row for each.
func Backfills(fills []*Backfill) *report.Table {
	t := &report.Table{Header: []string{
		"applications", "hours", "quota used", "calls", "of them history", "floor", "kills", "live changes", "missed", "median s", "p99 s",
	}}
	for _, b := range fills {
		live := &sample{}
		for family := range b.Told {
			live.all = append(live.all, b.Told[family][Moves].all...)
		}
		t.Add(report.Count(float64(b.Applications)), fmt.Sprintf("%.1f", b.Length.Hours()), report.Percent(b.Used()),
			report.Count(float64(b.Calls)), report.Count(float64(b.History)), report.Count(float64(b.Floor)), report.Count(float64(b.Kills)),
			report.Count(float64(b.Counts.Changes)), report.Count(float64(b.Counts.Missed)), seconds(live.Quantile(0.5)), seconds(live.Quantile(0.99)))
	}
	return t
}

// Beginnings has a row for each index.
func Beginnings(all []Known) *report.Table {
	t := &report.Table{Header: []string{"applications known", "hot", "index MiB", "filled, s", "s per 100,000", "index open, ms", "first call, ms", "memory MiB"}}
	for _, k := range all {
		t.Add(report.Count(float64(k.Applications)), report.Count(float64(k.Hot)), report.MiB(k.File), seconds(k.Fill),
			seconds(k.Fill*100_000/time.Duration(max(1, k.Applications))), report.Millis(k.Open), report.Millis(k.First), report.MiB(k.Resident))
	}
	return t
}
