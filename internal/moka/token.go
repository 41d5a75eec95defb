package moka

import (
	"context"
	"encoding/base64"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"
)

// credentials put the Authorization header on a request.
type credentials interface {
	// authorization returns the header's value, or an *Error.
	authorization(ctx context.Context) (string, error)
	// accepted and refused tell what Moka thought of a value. refused reports
	// whether another may do better: it had worked before, or is out of use.
	accepted(value string)
	refused(value string) (renewable bool)
}

// apiKey is Basic authentication: the key of the moment as user name, and no
// password.
type apiKey func() string

func (k apiKey) authorization(context.Context) (string, error) {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(k()+":")), nil
}

func (apiKey) accepted(string) {}

func (apiKey) refused(string) bool { return false }

// A token is renewed when it has less than this left. Moka documents that a call
// within its last 30 minutes returns a new one, and that the old one stays good.
const renewAhead = 29 * time.Minute

// tokenSlack is how long before its end a token is not used any more, or a tenth
// of its life where that is less.
const tokenSlack = 30 * time.Second

// renewAgain is how long a renewal that failed is not tried again while the old
// token is good.
const renewAgain = time.Minute

// oauth keeps the token of OAuth2 client credentials.
type oauth struct {
	// fetch asks Moka for a token and how long it lives.
	fetch func(ctx context.Context) (token string, life time.Duration, err error)
	now   func() time.Time
	// late is told of renewals that failed while the old token is good.
	late func(err error, left time.Duration)

	flight singleflight.Group

	mu      sync.Mutex
	value   string // of the header; "" for none
	until   time.Time
	renewAt time.Time
	renewal bool // somebody is renewing ahead of time
	proven  bool // Moka accepted value
}

// authorization returns a token that is good. One caller renews it ahead of time
// while the others go on with the old one; when there is none that is good, all
// wait for one renewal.
func (o *oauth) authorization(ctx context.Context) (string, error) {
	now := o.now()
	o.mu.Lock()
	value, good := o.value, o.value != "" && now.Before(o.until)
	if good && (o.renewal || now.Before(o.renewAt)) {
		o.mu.Unlock()
		return value, nil
	}
	left := o.until.Sub(now)
	o.renewal = good
	o.mu.Unlock()

	// The renewal outlives a caller that gives up: others wait for it.
	fetched := o.flight.DoChan("", func() (any, error) { return o.renew(context.WithoutCancel(ctx)) })
	select {
	case result := <-fetched:
		switch {
		case result.Err == nil:
			return result.Val.(string), nil
		case good:
			o.late(result.Err, left)
			return value, nil
		default:
			return "", result.Err
		}
	case <-ctx.Done():
		if good {
			return value, nil
		}
		return "", &Error{Kind: KindTransient, Endpoint: getToken.name, Err: ctx.Err()}
	}
}

// renew fetches a token, unless another renewal just did.
func (o *oauth) renew(ctx context.Context) (string, error) {
	o.mu.Lock()
	began := o.now()
	if o.value != "" && began.Before(o.renewAt) && began.Before(o.until) {
		defer o.mu.Unlock()
		o.renewal = false
		return o.value, nil
	}
	o.mu.Unlock()

	token, life, err := o.fetch(ctx)

	o.mu.Lock()
	defer o.mu.Unlock()
	o.renewal = false
	if err != nil {
		o.renewAt = o.now().Add(renewAgain)
		return "", err
	}
	value := "Bearer " + token
	o.proven = o.proven && value == o.value
	o.value, o.until = value, began.Add(life-min(tokenSlack, life/10))
	o.renewAt = began.Add(max(life-renewAhead, renewAgain))
	return value, nil
}

func (o *oauth) accepted(value string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if value == o.value {
		o.proven = true
	}
}

// refused throws the token away. When Moka gave it out and never took it, a new
// one would be no better.
func (o *oauth) refused(value string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if value != o.value {
		return true
	}
	renewable := o.proven
	o.value, o.proven = "", false
	return renewable
}
