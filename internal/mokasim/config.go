package mokasim

import (
	"crypto/aes"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/mokafka/mokafka/internal/mokasim/api"
	"github.com/mokafka/mokafka/internal/mokasim/push"
)

// Config of a Simulator. Tags are go-envconfig's.
type Config struct {
	// Addr is where the management port listens; port 0 takes a free one.
	Addr string `env:"SIM_ADDR, default=127.0.0.1:8090"`
	// Seed decides who works in the company and what happens to it.
	Seed uint64 `env:"SIM_SEED, default=1"`
	// Pace is the mean time between two changes of the company: 0 (it stands
	// still until told otherwise), or 1ms to 24h.
	Pace time.Duration `env:"SIM_PACE, default=2s"`
	// ChangesPerDay is the pace in other words, and wins over it: so many changes
	// a day on average. 0: as SIM_PACE says. At most 86,400,000.
	ChangesPerDay int `env:"SIM_CHANGES_PER_DAY, default=0"`
	// Applications is how many applications of the two years before there are
	// besides those of the company's story, nearly all of them closed: 0 to
	// 1,000,000. They cost next to nothing until one changes.
	Applications int `env:"SIM_APPLICATIONS, default=0"`
	// QuietShare of the changes of offers, interviews and feedback do not move
	// the application's updatedAt: 0 to 1. Whether Moka moves it is not
	// documented.
	QuietShare float64 `env:"SIM_QUIET_SHARE, default=0"`
	// BurstShare is how often, instead of one change, a recruiter changes up to
	// 45 applications at the same instant: 0 to 1.
	BurstShare float64 `env:"SIM_BURST_SHARE, default=0"`
	// Quirks is the share of the places in Moka's answers where an id may be
	// text, a list of one the bare object, or a list JSON text, that are so: 0
	// to 1.
	Quirks float64 `env:"SIM_QUIRKS, default=0.1"`
	// VisibleAfter is how long at most Moka's feeds by time do not show what
	// has just changed: 0 to 10m. Reads by id show it at once.
	VisibleAfter time.Duration `env:"SIM_VISIBLE_AFTER, default=0"`
	// ClockSkew is how far Moka's clock is ahead of ours: -2m to 2m.
	ClockSkew time.Duration `env:"SIM_CLOCK_SKEW, default=0"`
	// TimePrecision is what Moka's times are whole multiples of: 1ms to 1m. The
	// documented samples show whole seconds.
	TimePrecision time.Duration `env:"SIM_TIME_PRECISION, default=1s"`
	// LogSize is how many changes GET /__sim/log remembers at least: 1,000 to
	// 10,000,000, some 500 bytes each.
	LogSize int `env:"SIM_LOG_SIZE, default=1000000"`
	// OrgID names the organisation. No webhook carries it.
	OrgID string `env:"SIM_ORG_ID, default=demo"`

	// APIKey is the key that Moka's API wants.
	APIKey string `env:"SIM_API_KEY, default=dev-api-key" json:"-"`
	// ClientID and ClientSecret get OAuth2 tokens. Both or none; without them
	// nobody gets any.
	ClientID     string `env:"SIM_CLIENT_ID"`
	ClientSecret string `env:"SIM_CLIENT_SECRET" json:"-"`
	// QuotaPerMinute is how many calls of the API are allowed a minute: 0 (as
	// many as one likes) to 10,000,000. People report 60 of Moka.
	QuotaPerMinute int `env:"SIM_QUOTA_PER_MINUTE, default=60"`
	// HeadcountWritesPerMinute is how many of them may create, update or delete
	// headcounts; Moka documents 30. 0: no limit of their own.
	HeadcountWritesPerMinute int `env:"SIM_HEADCOUNT_WRITES_PER_MINUTE, default=30"`
	// QuotaWindow is sliding (the last 60 seconds) or fixed (the minute by the
	// clock). Which of them Moka has is not documented.
	QuotaWindow string `env:"SIM_QUOTA_WINDOW, default=sliding"`
	// QuotaRefusal is how a call beyond the quota is refused: 429 (with
	// Retry-After), 600 (the HTTP status), code (HTTP 200 with code 600) or
	// message (HTTP 200, success false, 请求频率过快). Which of them Moka does is
	// not documented.
	QuotaRefusal string `env:"SIM_QUOTA_REFUSAL, default=429"`
	// Latency and LatencyJitter: each answer of the API takes Latency, more or
	// less by up to LatencyJitter. 0 to 10m each.
	Latency       time.Duration `env:"SIM_LATENCY, default=0"`
	LatencyJitter time.Duration `env:"SIM_LATENCY_JITTER, default=0"`
	// Effects is how many accepted writes GET /__sim/effects remembers at least:
	// 1,000 to 10,000,000, up to 1 KB each.
	Effects int `env:"SIM_EFFECTS, default=1000000"`
	// Language is that of the API's refusals: zh or en.
	Language string `env:"SIM_LANGUAGE, default=zh"`

	// WebhookURL is where to push. Empty: no webhook is set up, the company
	// lives unheard and triggers are refused.
	WebhookURL string `env:"SIM_WEBHOOK_URL"`
	// SOAPURL and ZhirenURL are the other doors, for triggers and bursts with
	// "door":"soap" or "zhiren". Empty: the company has not set them up. Life
	// pushes to WebhookURL alone.
	SOAPURL   string `env:"SIM_SOAP_URL"`
	ZhirenURL string `env:"SIM_ZHIREN_URL"`
	// ZhirenKey is access_key:secret; required with ZhirenURL.
	ZhirenKey string `env:"SIM_ZHIREN_KEY" json:"-"`
	// SigningKey signs pushes; required with WebhookURL.
	SigningKey string `env:"SIM_SIGNING_KEY" json:"-"`
	// OldSigningKey is the key before the last rotation, for triggers with
	// "key":"old".
	OldSigningKey string `env:"SIM_OLD_SIGNING_KEY" json:"-"`
	// DataKey (32 bytes) and DataIV (16 bytes) encrypt data. Both or none.
	DataKey string `env:"SIM_DATA_KEY" json:"-"`
	DataIV  string `env:"SIM_DATA_IV" json:"-"`
	// Encrypt encrypts every push, if there is a data key.
	Encrypt bool `env:"SIM_ENCRYPT, default=true"`
	// SignBeforeEncrypted signs encrypted pushes in their clear form. Which of
	// the two Moka does is not documented.
	SignBeforeEncrypted bool `env:"SIM_SIGN_BEFORE_ENCRYPTED, default=false"`

	// Retries is how often a push is repeated after a 5xx, a time-out or a
	// broken connection: 0 to 20. Whether Moka repeats at all is not
	// documented; three times is this simulator's choice.
	Retries int `env:"SIM_PUSH_RETRIES, default=3"`
	// Backoff is the pause before the first repetition; it doubles.
	Backoff time.Duration `env:"SIM_PUSH_BACKOFF, default=500ms"`
	// Timeout is how long one attempt may take.
	Timeout time.Duration `env:"SIM_PUSH_TIMEOUT, default=10s"`
	// InsecureTLS accepts any certificate; Moka documents that it does not
	// check who signed it.
	InsecureTLS bool `env:"SIM_INSECURE_TLS, default=true"`
}

// DefaultConfig is what an empty environment gives.
func DefaultConfig() Config {
	return Config{ //nolint:gosec // everybody is to know the key
		Addr: "127.0.0.1:8090", Seed: 1, Pace: 2 * time.Second, OrgID: "demo", Encrypt: true,
		Quirks: 0.1, TimePrecision: time.Second, LogSize: 1_000_000,
		APIKey: "dev-api-key", QuotaPerMinute: 60, HeadcountWritesPerMinute: 30, QuotaWindow: api.Sliding,
		QuotaRefusal: api.Refuse429, Effects: 1_000_000, Language: chinese,
		Retries: 3, Backoff: 500 * time.Millisecond, Timeout: 10 * time.Second, InsecureTLS: true,
	}
}

const (
	minPace = time.Millisecond
	maxPace = 24 * time.Hour

	maxChangesPerDay = int(24 * time.Hour / minPace)
	maxApplications  = 1_000_000
	maxVisibleAfter  = 10 * time.Minute
	maxSkew          = 2 * time.Minute
	minLog           = 1_000
	maxLog           = 10_000_000
)

// Validate reports every fault, naming the variables; it shows no secret.
func (c Config) Validate() error {
	var faults []error
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	if _, _, err := net.SplitHostPort(c.Addr); err != nil {
		fault("SIM_ADDR: %w", err)
	}
	if c.Pace != 0 && (c.Pace < minPace || c.Pace > maxPace) {
		fault("SIM_PACE: %s is neither 0 nor between %s and %s", c.Pace, minPace, maxPace)
	}
	faults = append(faults, c.life()...)
	faults = append(faults, c.port()...)
	if c.OrgID == "" {
		fault("SIM_ORG_ID: is empty")
	}
	if c.WebhookURL != "" {
		if _, err := c.webhook(); err != nil {
			faults = append(faults, err)
		}
		if c.SigningKey == "" {
			fault("SIM_SIGNING_KEY: is required with SIM_WEBHOOK_URL")
		}
	}
	faults = append(faults, c.otherDoors()...)
	if c.DataKey != "" || c.DataIV != "" {
		if len(c.DataKey) != 32 {
			fault("SIM_DATA_KEY: has %d bytes, not 32", len(c.DataKey))
		}
		if len(c.DataIV) != aes.BlockSize {
			fault("SIM_DATA_IV: has %d bytes, not %d", len(c.DataIV), aes.BlockSize)
		}
	}
	if err := validRetries(c.Retries); err != nil {
		fault("SIM_PUSH_RETRIES: %w", err)
	}
	if c.Backoff < 0 || c.Backoff > time.Minute {
		fault("SIM_PUSH_BACKOFF: %s is not between 0 and 1m", c.Backoff)
	}
	if c.Timeout <= 0 {
		fault("SIM_PUSH_TIMEOUT: %s is not positive", c.Timeout)
	}
	return errors.Join(faults...)
}

// life are the faults of what the company is like.
func (c Config) life() []error {
	var faults []error
	between := func(name string, ok bool, value any, from, to string) {
		if !ok {
			faults = append(faults, fmt.Errorf("%s: %v is not between %s and %s", name, value, from, to))
		}
	}
	share := func(name string, value float64) { between(name, value >= 0 && value <= 1, value, "0", "1") }
	between("SIM_CHANGES_PER_DAY", c.ChangesPerDay >= 0 && c.ChangesPerDay <= maxChangesPerDay, c.ChangesPerDay, "0", "86400000")
	between("SIM_APPLICATIONS", c.Applications >= 0 && c.Applications <= maxApplications, c.Applications, "0", "1000000")
	share("SIM_QUIET_SHARE", c.QuietShare)
	share("SIM_BURST_SHARE", c.BurstShare)
	share("SIM_QUIRKS", c.Quirks)
	between("SIM_VISIBLE_AFTER", c.VisibleAfter >= 0 && c.VisibleAfter <= maxVisibleAfter, c.VisibleAfter, "0", "10m")
	between("SIM_CLOCK_SKEW", c.ClockSkew.Abs() <= maxSkew, c.ClockSkew, "-2m", "2m")
	between("SIM_TIME_PRECISION", c.TimePrecision >= time.Millisecond && c.TimePrecision <= time.Minute, c.TimePrecision, "1ms", "1m")
	between("SIM_LOG_SIZE", c.LogSize >= minLog && c.LogSize <= maxLog, c.LogSize, "1000", "10000000")
	return faults
}

// otherDoors are the faults of the doors for SOAP and Zhiren.
func (c Config) otherDoors() []error {
	var faults []error
	for _, other := range []struct{ name, address string }{{"SIM_SOAP_URL", c.SOAPURL}, {"SIM_ZHIREN_URL", c.ZhirenURL}} {
		if other.address == "" {
			continue
		}
		if _, err := door(other.name, other.address); err != nil {
			faults = append(faults, err)
		}
		if c.WebhookURL == "" {
			faults = append(faults, fmt.Errorf("%s: has no effect without SIM_WEBHOOK_URL", other.name))
		}
	}
	if access, secret, _ := strings.Cut(c.ZhirenKey, ":"); c.ZhirenURL != "" && (access == "" || secret == "") {
		faults = append(faults, errors.New("SIM_ZHIREN_KEY: want access_key:secret, with SIM_ZHIREN_URL"))
	}
	return faults
}

func validRetries(retries int) error {
	if retries < 0 || retries > 20 {
		return fmt.Errorf("%d is not between 0 and 20", retries)
	}
	return nil
}

// webhook reads WebhookURL, which must not be empty.
func (c Config) webhook() (*url.URL, error) {
	target, err := door("SIM_WEBHOOK_URL", c.WebhookURL)
	if err == nil && target.Query().Has("sign") {
		return nil, errors.New("SIM_WEBHOOK_URL: has a sign parameter of its own")
	}
	return target, err
}

// door reads the address of a door, given by the variable name.
func door(name, address string) (*url.URL, error) {
	target, err := url.Parse(address)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s: is not a URL", name) // the error would show it
	case target.Scheme != "http" && target.Scheme != "https", target.Host == "":
		return nil, fmt.Errorf("%s: want http://host/path or https://host/path", name)
	}
	return target, nil
}

// mean time between two changes of the company.
func (c Config) mean() time.Duration {
	if c.ChangesPerDay > 0 {
		return 24 * time.Hour / time.Duration(c.ChangesPerDay)
	}
	return c.Pace
}

func (c Config) keys() push.Keys {
	access, secret, _ := strings.Cut(c.ZhirenKey, ":")
	return push.Keys{
		Signing: c.SigningKey, Old: c.OldSigningKey, Data: c.DataKey, DataIV: c.DataIV,
		ZhirenAccess: access, ZhirenSecret: secret,
	}
}

// manner is how a push is sealed when nobody asks for anything else.
func (c Config) manner() push.Manner {
	return push.Manner{Encrypt: c.Encrypt && c.DataKey != "", SignBeforeEncrypted: c.SignBeforeEncrypted}
}
