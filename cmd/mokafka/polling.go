package main

import (
	"errors"
	"fmt"

	"github.com/mokafka/mokafka/ingest/poll"
	"github.com/mokafka/mokafka/internal/checkpoint"
	"github.com/mokafka/mokafka/internal/moka"
)

// mokaURL is the address of Moka's API, in China and elsewhere.
const mokaURL = "https://api.mokahr.com/api-platform"

// polling is all that reading Moka's API takes.
type polling struct {
	API    moka.Config
	Files  mokaFiles
	Quota  moka.QuotaConfig
	Kept   reserve
	Feeds  poll.Config
	Choice checkpoint.Config
}

// reserve is the part of Moka's quota that is not for polling.
type reserve struct {
	// PerMinute is what write-back workers may take.
	PerMinute int `env:"WRITEBACK_QUOTA_PER_MINUTE,default=20"`
}

// share is what polling may spend of the quota.
func (p polling) share() moka.QuotaConfig {
	q := p.Quota
	q.PerMinute -= p.Kept.PerMinute
	return q
}

// Validate names the variables at fault. Where nothing is polled, those of Moka's
// API need not be set.
func (p polling) Validate() error {
	errs := []error{p.Feeds.Validate()}
	if !p.Feeds.On() {
		return errors.Join(errs...)
	}
	errs = append(errs, credentials(p.API, "polling wants one of them; with POLL_APPLICATIONS=off ingest takes webhooks alone"), p.Quota.Validate())
	switch kept := p.Kept.PerMinute; {
	case kept < 0:
		errs = append(errs, fmt.Errorf("WRITEBACK_QUOTA_PER_MINUTE: %d is less than 0", kept))
	case p.Quota.Validate() == nil && p.share().PerMinute < 1:
		errs = append(errs, fmt.Errorf("WRITEBACK_QUOTA_PER_MINUTE: %d of MOKA_QUOTA_PER_MINUTE=%d leaves nothing to poll with; 0 keeps none for write-back",
			kept, p.Quota.PerMinute))
	}
	choice := p.Choice
	choice.Instance = "of derive" // who is at fault for none is said once
	return errors.Join(append(errs, choice.Validate())...)
}

// credentials are the faults of what is needed to talk to Moka. why says what for.
func credentials(c moka.Config, why string) error {
	var missing error
	if c.APIKey == "" && c.ClientID == "" && c.ClientSecret == "" {
		missing = fmt.Errorf("MOKA_API_KEY is not set, nor MOKA_CLIENT_ID with MOKA_CLIENT_SECRET: %s", why)
		c.APIKey = "said"
	}
	return errors.Join(missing, c.Validate())
}
