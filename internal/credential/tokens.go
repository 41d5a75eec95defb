package credential

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

// Tokens gets access tokens by OAuth2 client credentials (RFC 6749, 4.4), and keeps
// each until it is about to end. Safe for concurrent use: one caller asks while the
// others wait. Make it with its exported fields set, and do not copy it after.
type Tokens struct {
	// URL of the token endpoint.
	URL      string
	ClientID string
	// Secret is read each time a token is asked for.
	Secret Text
	Scopes []string
	// Client carries the requests.
	Client *http.Client
	// Now is the clock that tokens expire by.
	Now func() time.Time

	once sync.Once
	turn chan struct{} // holds one item while nobody asks

	token string
	until time.Time // when to ask for another; zero: the token does not expire
}

// tokenLead is how long before its end a token is replaced, or a tenth of its life
// where that is less: a broker judges it by its own clock, after a while on the way.
const tokenLead = time.Minute

// Token is good for a while yet.
func (t *Tokens) Token(ctx context.Context) (string, error) {
	t.once.Do(func() { t.turn = make(chan struct{}, 1); t.turn <- struct{}{} })
	select {
	case <-t.turn:
		defer func() { t.turn <- struct{}{} }()
	case <-ctx.Done():
		return "", fmt.Errorf("wait for a token: %w", context.Cause(ctx))
	}
	now := t.Now()
	if t.token != "" && (t.until.IsZero() || now.Before(t.until)) {
		return t.token, nil
	}
	secret, err := t.Secret.Value()
	if err != nil {
		return "", fmt.Errorf("get a token: the client's secret: %w", err)
	}
	conf := clientcredentials.Config{ClientID: t.ClientID, ClientSecret: secret, TokenURL: t.URL, Scopes: t.Scopes}
	got, err := conf.Token(context.WithValue(ctx, oauth2.HTTPClient, t.Client))
	if err != nil {
		return "", fmt.Errorf("get a token: %w", withoutBody(err))
	}
	t.token, t.until = got.AccessToken, time.Time{}
	if !got.Expiry.IsZero() {
		life := time.Until(got.Expiry) // oauth2 counts by the machine's clock
		t.until = now.Add(life - min(tokenLead, life/10))
	}
	return t.token, nil
}

// withoutBody says what the endpoint answered, but not in its own words, which may
// repeat what it was sent.
func withoutBody(err error) error {
	var refused *oauth2.RetrieveError
	if !errors.As(err, &refused) || refused.Response == nil {
		return err
	}
	if refused.ErrorCode != "" {
		return fmt.Errorf("the token endpoint answers %d, %q", refused.Response.StatusCode, refused.ErrorCode)
	}
	return fmt.Errorf("the token endpoint answers %d", refused.Response.StatusCode)
}
