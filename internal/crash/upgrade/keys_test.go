package upgrade_test

import (
	"strings"

	"github.com/mokafka/mokafka/internal/crash/site"
	"github.com/mokafka/mokafka/internal/mokasim"
	"github.com/mokafka/mokafka/publish"
)

// keysOf are the applications and headcounts that a change is about.
func keysOf(e mokasim.Entry) []string {
	var keys []string
	for _, id := range e.ApplicationIDs {
		keys = append(keys, publish.CandidateKey(site.Org, id))
	}
	if e.HeadcountID != 0 {
		keys = append(keys, publish.HeadcountKey(site.Org, e.HeadcountID))
	}
	return keys
}

// rootOf is the application of an offer's or an interview's key, or the key.
func rootOf(key string) string {
	parts := strings.SplitN(key, ":", 4)
	return strings.Join(parts[:min(3, len(parts))], ":")
}
