package polling

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/mokafka/mokafka/ingest/poll"
	"github.com/mokafka/mokafka/internal/checkpoint"
	"github.com/mokafka/mokafka/internal/moka"
	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
)

// KnownRole is the process that begins with an index and makes its first call.
const KnownRole = "poll-known"

// Known is what a poller costs that knows so many applications.
type Known struct {
	Applications, Hot int
	Fill              time.Duration // of the index
	File              int64         // bytes
	Open, First       time.Duration // to the open index, to the first call, from the start of the process's work
	Resident          int64         // bytes, right after the first call
}

// batch is how many states the poller takes from the state topics at once.
const batch = 2000

// FillIndex makes an index in dir that knows so many applications, hot of them
// in the hot set, and has a fingerprint of each, as those have that follow the
// state topics and saw a backfill.
func FillIndex(dir string, applications, hot int) (took time.Duration, err error) {
	index, err := poll.OpenIndex(dir, "boot")
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, index.Close()) }()
	if err := index.Belong("bench"); err != nil {
		return 0, err
	}
	began := time.Now()
	const first = 100_000_000
	for n := 0; n < applications; n += batch {
		sightings := make([]poll.Sighting, 0, batch)
		prints := make(map[string]uint64, batch)
		for id := int64(first + n); id < int64(first+min(n+batch, applications)); id++ {
			sightings = append(sightings, poll.Sighting{Kind: poll.Applications, ID: id, Hot: id < int64(first+hot)})
			prints["v2/data/ehrApplications|"+publish.CandidateKey(org, id)] = uint64(id)
		}
		if err := index.Follow("state/"+strconv.Itoa(n/batch%12), int64(n), sightings); err != nil {
			return 0, err
		}
		if err := index.Note(nil, prints); err != nil {
			return 0, err
		}
	}
	return time.Since(began), nil
}

// nobody is a lease of an organisation without cursors, whose writes go nowhere.
type nobody struct{ updates chan checkpoint.Update }

func (nobody) Cursors() map[string]*schemas.Checkpoint { return map[string]*schemas.Checkpoint{} }
func (n nobody) Updates() <-chan checkpoint.Update     { return n.updates }
func (nobody) Commit(context.Context, []*schemas.JournalEntry, []*schemas.Checkpoint, []string) error {
	return nil
}

// answers knows no application.
type answers struct{ poll.API }

func (answers) Applications(context.Context, moka.Class, moka.ApplicationsQuery) (moka.Page, error) {
	return moka.Page{Began: time.Now()}, nil
}

// Begin opens the index in dir and makes the first call of a poller.
func Begin(ctx context.Context, dir string) (k Known, err error) {
	began := time.Now()
	index, err := poll.OpenIndex(dir, "boot")
	if err != nil {
		return k, err
	}
	defer func() { err = errors.Join(err, index.Close()) }()
	k.Open = time.Since(began)
	codec, err := schemas.NewCodec()
	if err != nil {
		return k, err
	}
	model, err := poll.NewModel(codec.Bundle())
	if err != nil {
		return k, err
	}
	metrics, err := poll.NewMetrics(prometheus.NewRegistry())
	if err != nil {
		return k, err
	}
	cfg := PollConfig()
	cfg.HeadcountsInterval, cfg.InterviewsInterval, cfg.FeedbacksInterval = 0, 0, 0
	engine, err := poll.NewEngine(cfg, poll.EngineDeps{
		API: answers{}, Lease: nobody{updates: make(chan checkpoint.Update)}, Index: index, OrgID: org, Model: model,
		Budget: moka.NewBudget(moka.QuotaConfig{PerMinute: 40, HeadcountWritesPerMinute: 30}, began),
		Now:    time.Now, Jitter: func() float64 { return 0.5 }, Log: zerolog.Nop(), Metrics: metrics,
	})
	if err != nil {
		return k, err
	}
	worked, _, err := engine.Step(ctx)
	if err == nil && !worked {
		err = errors.New("the poller had nothing to do")
	}
	k.First = time.Since(began)
	if err != nil {
		return k, fmt.Errorf("make the first call: %w", err)
	}
	if k.Resident, err = resident(); err != nil {
		return k, err
	}
	info, err := os.Stat(filepath.Join(dir, "poll.db"))
	if err != nil {
		return k, fmt.Errorf("measure the index: %w", err)
	}
	k.File = info.Size()
	k.Applications, err = index.Count(poll.Applications)
	return k, err
}

// resident is the memory that this process has, without what the index's file has
// in the page cache where the system tells them apart.
func resident() (int64, error) {
	if runtime.GOOS != "linux" {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.Sys), nil
	}
	raw, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, fmt.Errorf("measure memory: %w", err)
	}
	var anonymous int64
	for lines := bufio.NewScanner(bytes.NewReader(raw)); lines.Scan(); {
		if rest, ok := bytes.CutPrefix(lines.Bytes(), []byte("RssAnon:")); ok {
			anonymous, err = strconv.ParseInt(string(bytes.TrimSpace(bytes.TrimSuffix(bytes.TrimSpace(rest), []byte("kB")))), 10, 64)
		}
	}
	if err != nil {
		return 0, fmt.Errorf("measure memory: %w", err)
	}
	return anonymous << 10, nil
}
