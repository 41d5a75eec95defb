package main

import (
	"context"
	"fmt"
	"path/filepath"
)

// startWriteback has commands carried out, where there is a Moka to do it in. It
// comes after the simulator, and shares ingest's records.
func (d *devHouse) startWriteback(ctx context.Context, env environment) error {
	s := d.settings
	if d.options.noSim && !s.Polling.Feeds.On() {
		return nil // no Moka that we could talk to
	}
	env.flags["WRITEBACK_STATE_DIR"] = flagValue{"--data-dir", filepath.Join(d.dir, "writeback")}
	w := writebackSettings{Moka: s.Moka, Kafka: s.Kafka, Topics: s.Topics, Registry: s.Registry, Ops: s.Ops, Patience: s.Patience, Log: s.Log}
	if err := env.read(&w.Writing); err != nil {
		return err
	}
	w.Writing.API = s.Polling.API // it knows where the simulator is
	// The poller's client has the metrics of calls.
	d.writer = &writebackWorker{settings: w, port: d.worker.port, metrics: d.metrics, log: d.log, now: d.now, kafka: d.worker.kafka}
	return d.writer.start(ctx, d.parts)
}

// suggestAmong is how many applications are looked at for a suggestion.
const suggestAmong = 200

// suggestion is a command worth trying, "" where there is none: a move that the
// simulated company would make itself.
func (d *devHouse) suggestion() string {
	if d.sim == nil || d.writer == nil {
		return ""
	}
	for _, a := range d.sim.Truths(0, suggestAmong) {
		if !a.Archived && a.StageName != "面试" && a.OfferStatus == "" {
			return fmt.Sprintf("%s submit move-stage --application %d --stage 面试 --wait", d.called(), a.ApplicationID)
		}
	}
	return ""
}
