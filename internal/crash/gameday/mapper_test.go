package gameday_test

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/mokafka/mokafka/internal/crash/replica"
	"github.com/mokafka/mokafka/internal/crash/verdict"
	"github.com/mokafka/mokafka/schemas"
)

var revisionLine = regexp.MustCompile(`const Revision = (\d+)`)

// broken builds a release whose mapper takes offers that are sent for accepted, and
// the other way round, at another revision.
func (d *day) broken() string {
	d.t.Helper()
	program, err := replica.BuildWith(d.t.Context(), d.t.TempDir(), map[string]func(string) string{
		"ingest/normalize/words.go": func(text string) string {
			return strings.NewReplacer(`"sent|待接受"`, `"accepted|已接收"`, `"accepted|已接收"`, `"sent|待接受"`).Replace(text)
		},
		"ingest/normalize/observation.go": func(text string) string {
			return revisionLine.ReplaceAllStringFunc(text, func(line string) string {
				n, err := strconv.Atoi(revisionLine.FindStringSubmatch(line)[1])
				d.must(err)
				return "const Revision = " + strconv.Itoa(n+1000)
			})
		},
	})
	d.must(err)
	return program
}

// breakMapper ships the broken release, and repairs what it did by a replay.
func (d *day) breakMapper() {
	d.t.Helper()
	program := d.broken()
	d.stop()
	from := time.Now().Add(-time.Second)
	for _, w := range d.workers {
		w.Program = program
		d.start(w)
	}
	// Offers change, and are misread.
	var p *verdict.Picture
	for range 10 {
		d.lives()
		var err error
		p, err = d.reader.Look(d.t.Context())
		d.must(err)
		if d.misread(p) > 3 {
			break
		}
	}
	misread := d.misread(p)
	if misread == 0 {
		d.t.Fatal("the broken release misread nothing")
	}
	d.stop()
	for _, w := range d.workers {
		w.Program = d.program
		d.start(w)
	}
	began := time.Now()
	at := from.UTC().Format(time.RFC3339)
	d.t.Logf("what it would do:\n%s", d.types("replay", "journal", "--from", at, "--to", "0s", "--entity", "offer", "--changed-only", "--dry-run"))
	d.t.Logf("what it did:\n%s", d.types("replay", "journal", "--from", at, "--to", "0s", "--entity", "offer", "--changed-only"))
	p = d.settled()
	took := time.Since(began)
	corrected := 0
	for _, events := range p.Events {
		for _, ev := range events {
			if ev.Source.Channel == schemas.ChannelReplay {
				corrected++
			}
		}
	}
	d.t.Logf("%d offers were misread, %d events correct that", misread, corrected)
	if corrected == 0 {
		d.t.Error("nothing was corrected by the replay")
	}
	d.recovered("a broken mapper repaired", p, took)
}

// misread counts the offers whose state is not what is so.
func (d *day) misread(p *verdict.Picture) (n int) {
	for _, fault := range p.Judge(verdict.TruthOf(d.company.Truths()), d.expect) {
		if strings.Contains(fault, "offer_status is \"SENT\"") || strings.Contains(fault, "offer_status is \"ACCEPTED\"") {
			n++
		}
	}
	return n
}
