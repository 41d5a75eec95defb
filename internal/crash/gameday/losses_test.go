package gameday_test

import (
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kadm"

	"github.com/mokafka/mokafka/internal/crash/site"
	"github.com/mokafka/mokafka/internal/crash/verdict"
	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
)

// loseLocalState deletes the data of the replicas while the company lives on: of one
// while the other works, and then of that.
func (d *day) loseLocalState() {
	d.t.Helper()
	d.must(d.company.Start(d.t.Context(), pace))
	began := time.Now()
	for _, w := range d.workers {
		d.must(w.Kill())
		d.must(os.RemoveAll(w.StateDir))
		d.start(w)
	}
	took := time.Since(began)
	d.rest(d.life())
	d.must(d.company.Rest(d.t.Context()))
	gone := d.lives()
	p := d.settled()
	d.must(p.Gone(gone))
	d.recovered("local state lost, two replicas one after another", p, took)
}

// loseDisk has a broker come back with nothing.
func (d *day) loseDisk() {
	d.t.Helper()
	control, nodes := os.Getenv("KAFKA_CONTROL"), d.cluster.Nodes()
	if !d.cluster.IsReal() || control == "" {
		d.t.Log("a broker's disk: these brokers keep none, or cannot be stopped; nothing was lost")
		return
	}
	if len(nodes) < 3 {
		d.t.Fatalf("the brokers are %v: a third is missing, so that none may lose its disk", nodes)
	}
	node := nodes[len(nodes)-1]
	d.must(d.company.Start(d.t.Context(), pace))
	d.cluster.KillNode(node)
	out, err := exec.CommandContext(d.t.Context(), control, "wipe", strconv.Itoa(int(node))).CombinedOutput()
	if err != nil {
		d.t.Fatalf("wipe broker %d: %v\n%s", node, err, out)
	}
	d.rest(d.life())
	began := time.Now()
	d.cluster.StartNode(node) // until it holds all that it should
	took := time.Since(began)
	d.must(d.company.Rest(d.t.Context()))
	gone := d.lives()
	p := d.settled()
	d.must(p.Gone(gone))
	d.recovered("a broker's disk lost", p, took)
}

// remake deletes a topic, and has 'topics apply' make it again.
func (d *day) remake(topic string) {
	d.t.Helper()
	deleted, err := kadm.NewClient(d.reader.Client).DeleteTopic(d.t.Context(), topic)
	if err == nil {
		err = deleted.Err
	}
	d.must(err)
	for range 50 { // a broker that has not heard of it yet says that it is there
		if out := d.types("topics", "apply"); strings.Contains(out, "+ "+topic) {
			d.cluster.AwaitTopic(topic)
			return
		}
		d.rest(100 * time.Millisecond)
	}
	d.t.Fatalf("topics apply does not make %s", topic)
}

// loseStateTopic deletes the states of candidates, and has them rebuilt.
func (d *day) loseStateTopic() {
	d.t.Helper()
	before := d.settled()
	d.stop()
	began := time.Now()
	d.remake(d.kafka.Topics().State(publish.Candidates))
	d.types("replay", "state", "--entity", "candidate")
	rebuilt := time.Since(began)
	for _, w := range d.workers {
		d.start(w)
	}
	p := d.settled()
	d.quiet("the states were rebuilt", before, p)
	gone := d.lives()
	p = d.settled()
	d.must(p.Gone(gone))
	d.recovered("a state topic lost, rebuilt from its events", p, rebuilt)
}

// quiet: nobody did anything since before, and nothing is told. Two feedbacks of one
// interviewer in one round, for which Moka names no interview, are one entity, told of
// in turns as Moka's list shows them in turns. And the list of interviews, which is
// read less often, may show only now what came before.
func (d *day) quiet(since string, before, p *verdict.Picture) {
	d.t.Helper()
	for key, events := range p.Events {
		for _, ev := range events {
			if before.IDs[ev.ID] == 0 && !strings.Contains(key, ":iv:feedback-") && !fromTheList(ev) {
				d.t.Errorf("since %s: %s: %s (%s) by %s at %s tells of %v, and nobody did anything: %s", since, key, ev.Type, ev.Op, ev.Source.Channel,
					ev.Source.Endpoint, ev.Changed, cmp.Diff(ev.Before, ev.After))
			}
		}
	}
}

// fromTheList tells of an event about what the list of interviews alone shows.
func fromTheList(ev verdict.Event) bool {
	of := []string{"stage_name", "theme", "job_title", "interviewers", "interviewees"}
	return ev.Source.Endpoint == "v1/interviews" && ev.Before != nil && !slices.ContainsFunc(ev.Changed, func(name string) bool {
		top, _, _ := strings.Cut(name, ".")
		return !slices.Contains(of, top)
	})
}

// loseJournal deletes the journal, with what was in it and not derived: that is read
// from Moka again.
func (d *day) loseJournal() {
	d.t.Helper()
	before := d.settled()
	d.must(d.company.Start(d.t.Context(), pace))
	d.rest(d.life())
	for _, w := range d.workers {
		d.must(w.Kill())
	}
	d.must(d.company.Rest(d.t.Context()))
	began := time.Now()
	d.remake(d.kafka.Topics().Journal())
	d.moveGroup()
	for _, w := range d.workers {
		d.must(os.RemoveAll(w.StateDir)) // it would take what it journaled for known
		d.start(w)
	}
	for _, feed := range []string{"applications", "headcounts"} {
		d.types("checkpoints", "reset", "--feed", feed, "--to", "24h")
	}
	took := time.Since(began)
	p := d.settled()
	for key, events := range before.Events {
		for n, ev := range events {
			if p.Events[key][n].ID != ev.ID {
				d.t.Fatalf("%s: event %d is another than before", key, n)
			}
		}
	}
	gone := d.lives()
	p = d.settled()
	d.must(p.Gone(gone))
	d.recovered("the journal lost", p, took)
}

// moveGroup has derive begin at the start of the journal. It is refused until Kafka
// knows that the replicas which were killed are gone (DERIVE_SESSION_TIMEOUT).
func (d *day) moveGroup() {
	d.t.Helper()
	args := []string{"replay", "offsets", "--group", d.kafka.Group(), "--topic", "journal", "--to-earliest", "--yes"}
	var err error
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); d.rest(500 * time.Millisecond) {
		if _, err = site.Run(d.t.Context(), d.program, d.env(), args...); err == nil || !strings.Contains(err.Error(), "the group has members") {
			break
		}
	}
	d.must(err)
}

// live tells whether an event is of a change, and no repetition of history.
func live(op schemas.Operation, channel schemas.Channel) bool {
	return op != schemas.OperationSnapshot && channel != schemas.ChannelBackfill && channel != schemas.ChannelReplay
}
