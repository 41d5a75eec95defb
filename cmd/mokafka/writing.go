package main

import (
	"errors"
	"fmt"
	"path/filepath"

	"github.com/mokafka/mokafka/internal/moka"
	"github.com/mokafka/mokafka/internal/ops"
	"github.com/mokafka/mokafka/internal/writeback"
	"github.com/mokafka/mokafka/publish"
)

// writing is all that carrying out commands in Moka takes.
type writing struct {
	API    moka.Config
	Files  mokaFiles
	Total  total
	Worker writeback.Config
	Beside beside
}

// total is what Moka allows, of which write-back has a part.
type total struct {
	PerMinute int `env:"MOKA_QUOTA_PER_MINUTE,default=60"`
}

// beside is where an ingest on the same host has its state.
type beside struct {
	StateDir string `env:"STATE_DIR,default=./mokafka-state"`
}

// quota is that of all write-back workers together.
func (w writing) quota() moka.QuotaConfig {
	return moka.QuotaConfig{PerMinute: w.Worker.QuotaPerMinute, HeadcountWritesPerMinute: w.Worker.HeadcountWritesPerMinute}
}

// Validate names the variables at fault.
func (w writing) Validate() error {
	errs := []error{w.Worker.Validate(), credentials(w.API, "write-back wants one of them")}
	allowed := moka.QuotaConfig{PerMinute: w.Total.PerMinute, HeadcountWritesPerMinute: 1}
	if err := allowed.Validate(); err != nil {
		errs = append(errs, err)
	} else if w.Worker.QuotaPerMinute > w.Total.PerMinute {
		errs = append(errs, fmt.Errorf("WRITEBACK_QUOTA_PER_MINUTE: %d is more than Moka allows (MOKA_QUOTA_PER_MINUTE=%d)",
			w.Worker.QuotaPerMinute, w.Total.PerMinute))
	}
	if dir := w.Worker.StateDir; dir != "" && filepath.Clean(dir) == filepath.Clean(w.Beside.StateDir) {
		errs = append(errs, fmt.Errorf("WRITEBACK_STATE_DIR: %s is STATE_DIR too, where ingest has its own state: name another directory", dir))
	}
	return errors.Join(errs...)
}

// writebackRoom is write-back's configuration as "mokafka config" and "mokafka
// doctor" judge it: where no part of the quota is kept for it, nobody means to run
// it, and nothing is wrong with it.
type writebackRoom struct{ writeback.Config }

// on tells whether write-back is meant to run.
func (w writebackRoom) on() bool { return w.QuotaPerMinute != 0 }

// Validate names the variables at fault.
func (w writebackRoom) Validate() error {
	if !w.on() {
		return nil
	}
	return w.Config.Validate()
}

// writebackSettings are all that "mokafka writeback" reads.
type writebackSettings struct {
	Moka     account
	Writing  writing
	Kafka    publish.ClientConfig
	Topics   publish.TopicConfig
	Registry registrySettings
	Ops      ops.Config
	Tracing  tracing
	Patience patience
	Log      logging
}

// rooms lists the parts, for environment.read.
func (s *writebackSettings) rooms() []any {
	return []any{&s.Moka, &s.Writing, &s.Kafka, &s.Topics, &s.Registry, &s.Ops, &s.Tracing, &s.Patience, &s.Log}
}
