package main

import (
	"context"
	"errors"

	"github.com/mokafka/mokafka/internal/moka"
)

// writebackChecks looks at what 'mokafka writeback' would need beyond ingest, as it
// is configured here. It makes two calls to Moka, and reads only.
func (e *examination) writebackChecks(ctx context.Context) {
	const check = "write-back"
	var w writing
	found, _ := e.env.fill(&w)
	switch {
	case w.Worker.QuotaPerMinute == 0 && len(found) == 0:
		e.right(check, "none is meant to run (WRITEBACK_QUOTA_PER_MINUTE=0)")
		return
	case w.API.APIKey == "" && w.API.ClientID == "" && w.API.ClientSecret == "":
		e.right(check, "not set up: it would want MOKA_API_KEY, or MOKA_CLIENT_ID with MOKA_CLIENT_SECRET")
		return
	}
	if err := e.env.read(&w); err != nil {
		faults := leavesOf(err)
		for _, one := range faults {
			if !e.said(one.Error()) {
				e.wrong(check, "", "%v", one)
			}
		}
		if len(faults) > 0 {
			return
		}
	}
	e.writableDir("ledger copy", "WRITEBACK_STATE_DIR", w.Worker.StateDir)
	if e.hasWrong("Moka's API") {
		e.skip(check, "what Moka shows it was not looked at: the API does not answer as it should")
		return
	}
	cfg := w.API
	cfg.Timeout = min(cfg.Timeout, 2*e.timeout)
	client, err := moka.New(cfg, moka.Deps{Attempts: 1, Location: e.settings.Moka.zone(), Log: e.quiet()})
	if err != nil {
		e.wrong(check, "", "%v", err)
		return
	}
	defer client.CloseIdle()
	if e.readsBack(ctx, client) {
		e.right(check, "Moka shows it what it needs; it may make %d calls a minute of %d", w.Worker.QuotaPerMinute, w.Total.PerMinute)
	}
}

// readsBack tells whether Moka shows what write-back decides by: applications by
// their ids, and the archive reasons.
func (e *examination) readsBack(ctx context.Context, client *moka.Client) bool {
	const check = "write-back"
	_, err := client.Applications(ctx, moka.ClassWriteback, moka.ApplicationsQuery{UpdatedFrom: e.now(), Limit: 1})
	switch moka.KindOf(err) {
	case moka.KindAuth:
		e.wrong(check, "check "+e.credentialNames(), "Moka does not accept the credentials: commands would wait")
		return false
	case moka.KindQuota:
		e.doubt(check, "wait a minute", "Moka has no call left at the moment: what it shows was not looked at")
		return false
	default:
	}
	if err != nil {
		e.wrong(check, "ask Moka for the right to read v2/data/ehrApplications: without it no command can be decided",
			"the applications that commands are about cannot be read: %v", err)
		return false
	}
	if _, err := client.ArchiveReasons(ctx, moka.ClassWriteback); err != nil {
		e.doubt(check, "ask Moka for the right to read v1/archiveReasons", "commands that reject would wait: the archive reasons cannot be read: %v", err)
		return false
	}
	return true
}

// said tells whether the fault was found before, in what ingest reads.
func (e *examination) said(text string) bool {
	for _, f := range e.findings {
		if f.Detail == text {
			return true
		}
	}
	return false
}

// hasWrong tells whether a check found something to be put right.
func (e *examination) hasWrong(check string) bool {
	for _, f := range e.findings {
		if f.Check == check && f.Status == statusWrong {
			return true
		}
	}
	return false
}

// leavesOf are the faults of a configuration, one by one.
func leavesOf(err error) faults {
	var all faults
	if errors.As(err, &all) {
		return all
	}
	return faults{err}
}
