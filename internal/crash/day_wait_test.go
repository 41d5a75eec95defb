package crash_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/mokafka/mokafka/internal/checkpoint"
	"github.com/mokafka/mokafka/internal/mokasim"
	"github.com/mokafka/mokafka/internal/state"
	"github.com/mokafka/mokafka/schemas"
)

// manage asks the simulator's management port, and returns its answer.
func (d *day) manage(method, path, body string) []byte {
	d.t.Helper()
	req, err := http.NewRequestWithContext(d.t.Context(), method, "http://"+d.sim.Addr()+"/__sim/"+path, strings.NewReader(body))
	if err != nil {
		d.t.Fatal(err)
	}
	resp, err := d.doors.client.Do(req)
	if err != nil {
		d.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		d.t.Fatalf("%s: %d %s %v", path, resp.StatusCode, answer, err)
	}
	return answer
}

// await waits until ok, for at most a time by the real clock.
func (d *day) await(what string, most time.Duration, ok func() bool) {
	d.t.Helper()
	while := 20 * time.Millisecond // what is asked may cost much
	for deadline := time.Now().Add(most); !ok(); while = min(2*while, time.Second) {
		pause(d.t, while)
		if time.Now().After(deadline) || d.workers[0].Ended() || d.workers[1].Ended() {
			d.t.Fatalf("%s: not within %s\n%s\n---\n%s", what, most, d.workers[0].Tail(), d.workers[1].Tail())
		}
	}
}

// cursors are all checkpoints, by feed.
func (d *day) cursors() map[string]*schemas.Checkpoint {
	d.t.Helper()
	all, err := checkpoint.List(d.t.Context(), d.writer, d.table)
	if err != nil {
		d.t.Fatalf("list the checkpoints: %v", err)
	}
	byFeed := map[string]*schemas.Checkpoint{}
	for _, c := range all {
		byFeed[c.Feed] = c
	}
	return byFeed
}

func (d *day) put(c *schemas.Checkpoint) {
	d.t.Helper()
	if err := checkpoint.Put(d.t.Context(), d.writer, d.table, c); err != nil {
		d.t.Fatal(err)
	}
}

// awaitDerived waits until no entry of the journal is left to derive. What a
// transaction leaves behind its records is none, though it counts as lag.
func (d *day) awaitDerived() {
	d.t.Helper()
	group, adm := d.cluster.Prefix()+"-derive", kadm.NewClient(d.writer)
	d.await("the journal is derived", 2*time.Minute, func() bool {
		commits, err := adm.FetchOffsets(d.t.Context(), group)
		if err != nil || commits.Error() != nil {
			return false
		}
		for n := range int32(partitions) {
			p := state.Partition{Topic: d.topics.Journal(), Partition: n}
			log, err := state.OpenLog(d.t.Context(), d.writer, p)
			if err != nil {
				return false
			}
			end, err := log.End(d.t.Context())
			if err != nil {
				return false
			}
			from := int64(0)
			if c, ok := commits.Lookup(p.Topic, n); ok {
				from = c.At
			}
			left, err := underived(d.t.Context(), log, from, end)
			if err != nil || left {
				return false
			}
		}
		return true
	})
}

// errLeft ends the reading at the first record.
var errLeft = errors.New("a record is left")

func underived(ctx context.Context, log *state.Log, from, end int64) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	_, err := log.Read(ctx, from, end, func(recs []*kgo.Record) error {
		if len(recs) > 0 {
			return errLeft
		}
		return nil
	})
	if errors.Is(err, errLeft) {
		return true, nil
	}
	return false, err
}

// pushesSettled tells whether no webhook waits any more.
func (d *day) pushesSettled() bool {
	d.t.Helper()
	var status mokasim.Status
	if err := json.Unmarshal(d.manage(http.MethodGet, "status", ""), &status); err != nil {
		d.t.Fatal(err)
	}
	return status.Queued == 0
}
