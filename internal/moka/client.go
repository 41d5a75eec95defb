package moka

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/rs/zerolog"
)

// Client calls Moka's API for one organisation. Safe for concurrent use.
type Client struct {
	base     *url.URL
	http     *http.Client
	auth     credentials
	gate     Gate
	slow     Gate // of writes to headcounts
	attempts int
	timeout  time.Duration
	maxBody  int64
	location *time.Location
	now      func() time.Time
	sleep    func(context.Context, time.Duration) error
	jitter   func() float64
	log      zerolog.Logger
	metrics  *metrics
}

// New makes a client and connects to nothing. The error is that of
// Config.Validate, or of registering the metrics.
func New(cfg Config, deps Deps) (*Client, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("configure the client for Moka: %w", err)
	}
	base, err := parseBase(cfg.BaseURL, cfg.PlainHTTP)
	if err != nil {
		return nil, fmt.Errorf("configure the client for Moka: MOKA_BASE_URL: %w", err)
	}
	m, err := newMetrics(deps.Registerer)
	if err != nil {
		return nil, err
	}
	c := &Client{
		base: base, gate: deps.Gate, attempts: max(1, deps.Attempts), timeout: cfg.Timeout, maxBody: cfg.MaxBody,
		location: deps.Location, now: deps.Now, sleep: deps.Sleep, jitter: deps.Jitter, log: deps.Log, metrics: m,
	}
	if c.location == nil {
		c.location = beijing
	}
	if c.now == nil {
		c.now = time.Now
	}
	if c.sleep == nil {
		c.sleep = pause
	}
	if c.jitter == nil {
		c.jitter = rand.Float64
	}
	if c.gate == nil {
		c.gate = open{}
	}
	if limited, ok := c.gate.(interface{ HeadcountWrites() Gate }); ok {
		c.slow = limited.HeadcountWrites()
	}
	c.http = &http.Client{
		Transport:     deps.Transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	if c.http.Transport == nil {
		c.http.Transport = newTransport()
	}
	secret := deps.Secret
	if secret == nil {
		secret = func() string { return cmp.Or(cfg.APIKey, cfg.ClientSecret) } // one of them is set
	}
	c.auth = apiKey(secret)
	if cfg.ClientID != "" {
		c.auth = &oauth{now: c.now, late: c.renewedLate, fetch: c.fetcher(cfg.ClientID, secret)}
	}
	return c, nil
}

// CloseIdle closes the connections that are kept for later calls.
func (c *Client) CloseIdle() { c.http.CloseIdleConnections() }

// newTransport keeps connections for as long as servers commonly do. It speaks
// HTTP/1.1 alone: there, a request other than a read is repeated only when
// nothing of it was written; HTTP/2 knows errors after which it is sent again.
func newTransport() *http.Transport {
	t := &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 15 * time.Second}).DialContext,
		TLSHandshakeTimeout:    10 * time.Second,
		MaxIdleConnsPerHost:    16,
		IdleConnTimeout:        45 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
		Protocols:              new(http.Protocols),
	}
	t.Protocols.SetHTTP1(true)
	return t
}

// open is the Gate that is never shut.
type open struct{}

func (open) Acquire(ctx context.Context, _ Class) error { return ctx.Err() }

func (open) Refused(time.Duration) {}

func (open) Accepted() {}

// pause waits for d, or until the context ends.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// fetcher asks Moka for tokens.
func (c *Client) fetcher(id string, secret func() string) func(context.Context) (string, time.Duration, error) {
	return func(ctx context.Context) (string, time.Duration, error) {
		var body object
		body.text("clientID", id)
		body.text("clientSecret", secret())
		body.text("grantType", "client_credentials")
		// Whoever needs the token may be of any class, so it is as urgent as can be.
		// The wait for the quota is bounded: callers who gave up are not asked.
		ctx, cancel := context.WithTimeout(ctx, 2*c.timeout)
		defer cancel()
		a, err := c.attempt(ctx, ClassWriteback, getToken, request{body: body.bytes()}, nil)
		if err != nil {
			if err.Kind == KindRefused || err.Kind == KindInvalid || err.Kind == KindNotFound {
				err.Kind = KindAuth
			}
			return "", 0, err
		}
		var token string
		var seconds int64
		fault := members(a.data, func(name string, v raw) {
			switch name {
			case "accesstoken":
				token = v.text()
			case "expiresin":
				seconds = v.integer()
			}
		})
		if fault != nil || !printable(token) || seconds <= 0 {
			return "", 0, &Error{Kind: KindProtocol, Endpoint: getToken.name, Status: http.StatusOK,
				Err: errNoToken}
		}
		const day = 24 * 60 * 60
		return token, time.Duration(min(seconds, day)) * time.Second, nil
	}
}

// printable reports whether a text can stand in a header.
func printable(text string) bool {
	for _, r := range text {
		if r <= ' ' || r > '~' {
			return false
		}
	}
	return text != ""
}

func (c *Client) renewedLate(err error, left time.Duration) {
	c.log.Warn().Err(err).Dur("left", left).Msg("Moka's token could not be renewed ahead of time; the old one is still good")
}
