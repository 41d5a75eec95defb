package moka

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
)

// Config of the client. Tags are go-envconfig's.
type Config struct {
	// BaseURL is what all paths begin with; it ends in /api-platform. Moka's own
	// is https://api.mokahr.com/api-platform. Plain http on loopback alone, unless
	// PlainHTTP is set.
	BaseURL string `env:"MOKA_BASE_URL"`
	// PlainHTTP allows plain http to other hosts than this one: to a simulator in a
	// private network, never to Moka's own.
	PlainHTTP bool `env:"MOKA_PLAIN_HTTP,default=false"`
	// APIKey authenticates with Basic, ClientID and ClientSecret with OAuth2: one
	// of the two.
	APIKey       string `env:"MOKA_API_KEY" json:"-"`
	ClientID     string `env:"MOKA_CLIENT_ID"`
	ClientSecret string `env:"MOKA_CLIENT_SECRET" json:"-"`
	// Timeout bounds one attempt, from dialing to the last byte of the answer.
	Timeout time.Duration `env:"MOKA_TIMEOUT,default=30s"`
	// MaxBody is the largest answer read, in bytes, after decompression.
	MaxBody int64 `env:"MOKA_MAX_BODY_BYTES,default=67108864"`
}

// Validate reports every fault at once, naming the variables.
func (c Config) Validate() error {
	var errs []error
	fault := func(bad bool, format string, args ...any) {
		if bad {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	if _, err := parseBase(c.BaseURL, c.PlainHTTP); err != nil {
		errs = append(errs, fmt.Errorf("MOKA_BASE_URL: %w", err))
	}
	switch oauth := c.ClientID != "" || c.ClientSecret != ""; {
	case oauth && c.APIKey != "":
		fault(true, "MOKA_API_KEY and MOKA_CLIENT_ID: set one of them, not both")
	case oauth:
		fault(c.ClientID == "", "MOKA_CLIENT_ID: missing beside MOKA_CLIENT_SECRET")
		fault(c.ClientSecret == "", "MOKA_CLIENT_SECRET: missing beside MOKA_CLIENT_ID")
	default:
		fault(c.APIKey == "", "MOKA_API_KEY: missing, and no MOKA_CLIENT_ID with MOKA_CLIENT_SECRET either")
		fault(strings.ContainsAny(c.APIKey, ": \t\r\n"), "MOKA_API_KEY: a key has no colon and no space; give it without the colon that curl wants")
	}
	fault(c.Timeout <= 0, "MOKA_TIMEOUT: %v is not above 0", c.Timeout)
	fault(c.MaxBody < 1 || c.MaxBody > largestBody, "MOKA_MAX_BODY_BYTES: %d is not between 1 and %d", c.MaxBody, int64(largestBody))
	return errors.Join(errs...)
}

// largestBody keeps one answer within what a worker's memory is made for.
const largestBody = 1 << 30

// parseBase reads MOKA_BASE_URL, without the slash at its end. The error does
// not repeat a text that may hold a password.
func parseBase(text string, plain bool) (*url.URL, error) {
	if text == "" {
		return nil, errors.New("missing")
	}
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Host == "" || u.Hostname() == "":
		return nil, errors.New("not a URL such as https://api.mokahr.com/api-platform")
	case u.User != nil:
		return nil, errors.New("a URL with a user or password: the key goes into MOKA_API_KEY")
	case u.RawQuery != "" || u.Fragment != "":
		return nil, errors.New("a URL with a query or fragment")
	case u.Scheme == "http" && !loopback(u.Hostname()) && (!plain || mokas(u.Hostname())):
		return nil, fmt.Errorf("plain http to %s would show the key to everybody on the way: use https", u.Hostname())
	case u.Scheme != "https" && u.Scheme != "http":
		return nil, fmt.Errorf("scheme %q is not https", u.Scheme)
	}
	u.Path, u.RawPath = strings.TrimRight(u.Path, "/"), ""
	if last := u.Path[strings.LastIndex(u.Path, "/")+1:]; last == "v1" || last == "v2" || last == "v3" {
		return nil, fmt.Errorf("it ends in /api-platform, without the /%s", last)
	}
	return u, nil
}

// mokas reports whether a host is one of Moka's own.
func mokas(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	return host == "mokahr.com" || strings.HasSuffix(host, ".mokahr.com")
}

// loopback reports whether a host is this machine.
func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// Deps are what the client needs of the world.
type Deps struct {
	// Transport carries the requests; nil: one of the client's own, which keeps
	// connections and speaks HTTP/1.1. Another one must never repeat a request
	// that may have reached Moka.
	Transport http.RoundTripper
	// Gate is asked before every attempt; nil: nobody is. A *Quota also limits
	// writes to headcounts.
	Gate Gate
	// Secret is the API key, or the client's secret, as it is now: asked for each
	// call or token, of which several may be under way; nil: that of the
	// configuration.
	Secret func() string
	// Attempts is how often a read is tried; 1 or less: once. Writes are sent once.
	Attempts int
	// Location is the zone of times that Moka writes without one; nil: Beijing.
	Location *time.Location
	// Now is the clock; nil: time.Now.
	Now func() time.Time
	// Sleep waits between attempts, or until the context ends; nil: with a timer.
	Sleep func(ctx context.Context, d time.Duration) error
	// Jitter is in [0,1); nil: random.
	Jitter func() float64
	// Log gets a line when a token could not be renewed ahead of time.
	Log zerolog.Logger
	// Registerer takes the metrics; nil: they are counted for nobody.
	Registerer prometheus.Registerer
}
