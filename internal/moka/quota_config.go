package moka

import (
	"errors"
	"fmt"
)

// QuotaConfig is what a customer may ask of Moka. Tags are go-envconfig's.
type QuotaConfig struct {
	// PerMinute is calls a minute, of reads and writes together. People report 60;
	// Moka documents none.
	PerMinute int `env:"MOKA_QUOTA_PER_MINUTE,default=60"`
	// HeadcountWritesPerMinute is the limit of creating, updating and deleting
	// headcounts, within the other. Moka documents 30.
	HeadcountWritesPerMinute int `env:"MOKA_HEADCOUNT_WRITES_PER_MINUTE,default=30"`
}

// mostPerMinute keeps the record of a minute's calls small.
const mostPerMinute = 60_000

// Validate reports every fault at once, naming the variables.
func (c QuotaConfig) Validate() error {
	var errs []error
	for _, v := range []struct {
		name  string
		value int
	}{
		{"MOKA_QUOTA_PER_MINUTE", c.PerMinute},
		{"MOKA_HEADCOUNT_WRITES_PER_MINUTE", c.HeadcountWritesPerMinute},
	} {
		if v.value < 1 || v.value > mostPerMinute {
			errs = append(errs, fmt.Errorf("%s: %d is not between 1 and %d", v.name, v.value, mostPerMinute))
		}
	}
	return errors.Join(errs...)
}
