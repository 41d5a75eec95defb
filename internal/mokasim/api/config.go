package api

import (
	"time"

	"github.com/rs/zerolog"

	"github.com/mokafka/mokafka/internal/mokasim/company"
	"github.com/mokafka/mokafka/internal/mokasim/resources"
)

// The windows in which a quota is counted. Which of the two Moka has is not
// documented.
const (
	Sliding = "sliding" // the last 60 seconds
	Fixed   = "fixed"   // the minute by the clock
)

// The forms in which a quota refuses. None is documented; all have been
// reported of it or of its kind.
const (
	Refuse429     = "429"     // HTTP 429 with Retry-After in seconds
	Refuse600     = "600"     // HTTP 600
	RefuseCode    = "code"    // HTTP 200, {"code":600,…}
	RefuseMessage = "message" // HTTP 200, {"success":false,"errorMessage":"请求频率过快"}
)

// Windows are what Config.Window may be.
func Windows() []string { return []string{Sliding, Fixed} }

// Refusals are what Config.Refusal may be.
func Refusals() []string { return []string{Refuse429, Refuse600, RefuseCode, RefuseMessage} }

// Config of a Server. The zero value lets nobody in, limits nothing, answers at
// once and remembers no effects.
type Config struct {
	OrgID  string
	Seed   uint64 // of faults, latency, tokens, ids of fake offers
	APIKey string // "": no key is right
	// ClientID and ClientSecret get tokens. Empty: nobody does.
	ClientID, ClientSecret string

	PerMinute                int    // calls of all kinds; 0: no limit
	HeadcountWritesPerMinute int    // besides; 0: no limit
	Window                   string // "": Sliding
	Refusal                  string // "": Refuse429

	Latency, Jitter time.Duration // of each answer: Latency ± Jitter, uniformly, not below 0
	Hold            time.Duration // the longest hang; 0: 5 minutes
	Effects         int           // remembered; older ones are forgotten
	English         bool          // refusals in English, not in Chinese
	Quirks          resources.Quirks
}

// Clock is Moka's time: that of the Date header, of quotas, tokens, latency
// and hangs.
type Clock interface {
	Now() time.Time
	After(time.Duration) <-chan time.Time
}

// Deps are what a Server is given; none may be missing but Log.
type Deps struct {
	Clock Clock
	// Act does something to the company, or reads it, while nothing else does,
	// at Moka's present time, and returns what the function returns.
	Act func(do func(c *company.Company, now time.Time) error) error
	Log zerolog.Logger
}
