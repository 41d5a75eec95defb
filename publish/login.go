package publish

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/sasl"
	"github.com/twmb/franz-go/pkg/sasl/oauth"
	"github.com/twmb/franz-go/pkg/sasl/plain"
	"github.com/twmb/franz-go/pkg/sasl/scram"

	"github.com/mokafka/mokafka/internal/credential"
)

// The mechanisms of KAFKA_SASL_MECHANISM.
const (
	loginPlain    = "PLAIN"
	loginScram256 = "SCRAM-SHA-256"
	loginScram512 = "SCRAM-SHA-512"
	loginOAuth    = "OAUTHBEARER"
)

// OAuthConfig says where the tokens of OAUTHBEARER come from: a token that somebody
// else keeps fresh, or an endpoint that gives them out for client credentials.
type OAuthConfig struct {
	// Token is one that is given. TokenFile is read for each login, where it is set.
	Token     string `env:"KAFKA_SASL_OAUTH_TOKEN" json:"-"`
	TokenFile string `env:"KAFKA_SASL_OAUTH_TOKEN_FILE"`

	// TokenURL is the endpoint; plain http on loopback alone.
	TokenURL string `env:"KAFKA_SASL_OAUTH_TOKEN_URL"`
	ClientID string `env:"KAFKA_SASL_OAUTH_CLIENT_ID"`
	// ClientSecretFile is read for each token, where it is set.
	ClientSecret     string   `env:"KAFKA_SASL_OAUTH_CLIENT_SECRET" json:"-"`
	ClientSecretFile string   `env:"KAFKA_SASL_OAUTH_CLIENT_SECRET_FILE"`
	Scopes           []string `env:"KAFKA_SASL_OAUTH_SCOPES"`
	// CAFile has the authorities to trust at the endpoint, PEM; empty for the
	// system's.
	CAFile string `env:"KAFKA_SASL_OAUTH_CA_FILE"`

	// Extensions go to the brokers beside the token, as name=value.
	Extensions []string `env:"KAFKA_SASL_OAUTH_EXTENSIONS"`
}

// set lists the variables that are set, secrets by their names alone.
func (o OAuthConfig) set() []string {
	var names []string
	for _, v := range []struct {
		name string
		set  bool
	}{
		{"KAFKA_SASL_OAUTH_TOKEN", o.Token != "" || o.TokenFile != ""},
		{"KAFKA_SASL_OAUTH_TOKEN_URL", o.TokenURL != ""},
		{"KAFKA_SASL_OAUTH_CLIENT_ID", o.ClientID != ""},
		{"KAFKA_SASL_OAUTH_CLIENT_SECRET", o.ClientSecret != "" || o.ClientSecretFile != ""},
		{"KAFKA_SASL_OAUTH_SCOPES", len(o.Scopes) > 0},
		{"KAFKA_SASL_OAUTH_CA_FILE", o.CAFile != ""},
		{"KAFKA_SASL_OAUTH_EXTENSIONS", len(o.Extensions) > 0},
	} {
		if v.set {
			names = append(names, v.name)
		}
	}
	return names
}

// validateLogin are the faults of how to log in.
func (c ClientConfig) validateLogin() []error {
	var errs []error
	fault := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	password := c.SASLPassword != "" || c.SASLPasswordFile != ""
	if c.SASLMechanism != loginOAuth {
		for _, name := range c.OAuth.set() {
			fault("%s: it is set, but KAFKA_SASL_MECHANISM is not %s", name, loginOAuth)
		}
	}
	switch c.SASLMechanism {
	case "":
		if c.SASLUser != "" || password {
			fault("KAFKA_SASL_MECHANISM: it is empty, but a user or password is set")
		}
	case loginPlain, loginScram256, loginScram512:
		if c.SASLUser == "" {
			fault("KAFKA_SASL_USER: %s needs it", c.SASLMechanism)
		}
		if !password {
			fault("KAFKA_SASL_PASSWORD: %s needs it", c.SASLMechanism)
		}
	case loginOAuth:
		if c.SASLUser != "" || password {
			fault("KAFKA_SASL_USER and KAFKA_SASL_PASSWORD: %s has no use for them", loginOAuth)
		}
		errs = append(errs, c.OAuth.validate()...)
	default:
		fault("KAFKA_SASL_MECHANISM: %q is not %s, %s, %s or %s", c.SASLMechanism, loginPlain, loginScram256, loginScram512, loginOAuth)
	}
	return errs
}

func (o OAuthConfig) validate() []error {
	var errs []error
	fault := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	token := o.Token != "" || o.TokenFile != ""
	switch {
	case token && o.TokenURL != "":
		fault("KAFKA_SASL_OAUTH_TOKEN and KAFKA_SASL_OAUTH_TOKEN_URL: set one of them, not both")
	case o.TokenURL != "":
		errs = append(errs, o.validateClient()...)
	case !token:
		fault("KAFKA_SASL_OAUTH_TOKEN_URL: %s needs it, or KAFKA_SASL_OAUTH_TOKEN_FILE", loginOAuth)
	}
	if o.TokenURL == "" && (o.ClientID != "" || o.ClientSecret != "" || o.ClientSecretFile != "" || len(o.Scopes) > 0 || o.CAFile != "") {
		fault("KAFKA_SASL_OAUTH_TOKEN_URL: it is empty, but a client, scopes or authorities for it are set")
	}
	if _, err := o.extensions(); err != nil {
		errs = append(errs, err)
	}
	return errs
}

// validateClient are the faults of the endpoint and of who asks it.
func (o OAuthConfig) validateClient() []error {
	var errs []error
	u, err := url.Parse(o.TokenURL)
	switch {
	case err != nil || u.Host == "" || u.User != nil:
		errs = append(errs, errors.New("KAFKA_SASL_OAUTH_TOKEN_URL: it is not a URL such as https://login.example.com/oauth2/token"))
	case u.Scheme == "https", u.Scheme == "http" && loopback(u.Hostname()):
	default:
		errs = append(errs, errors.New("KAFKA_SASL_OAUTH_TOKEN_URL: it is not https, and would show the secret to everybody on the way"))
	}
	if o.ClientID == "" {
		errs = append(errs, errors.New("KAFKA_SASL_OAUTH_CLIENT_ID: KAFKA_SASL_OAUTH_TOKEN_URL needs it"))
	}
	if o.ClientSecret == "" && o.ClientSecretFile == "" {
		errs = append(errs, errors.New("KAFKA_SASL_OAUTH_CLIENT_SECRET: KAFKA_SASL_OAUTH_TOKEN_URL needs it"))
	}
	return errs
}

// loopback tells whether a host is this machine.
func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// extensions by their names. The names are letters alone (RFC 7628, 3.1), and auth
// is the token's own.
func (o OAuthConfig) extensions() (map[string]string, error) {
	all := make(map[string]string, len(o.Extensions))
	for _, one := range o.Extensions {
		name, value, ok := strings.Cut(strings.TrimSpace(one), "=")
		letters := name != "" && !strings.ContainsFunc(name, func(r rune) bool { return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') })
		if !ok || !letters || name == "auth" || strings.ContainsRune(value, '\x01') {
			return nil, fmt.Errorf("KAFKA_SASL_OAUTH_EXTENSIONS: %q is not name=value, the name of letters", one)
		}
		all[name] = value
	}
	return all, nil
}

// mechanism logs in with what the files hold at each login; nil where there is none.
func (c ClientConfig) mechanism() (sasl.Mechanism, error) {
	password := credential.Text{Given: c.SASLPassword, Path: c.SASLPasswordFile}
	secret := func() (string, error) {
		text, err := password.Value()
		if err != nil {
			return "", fmt.Errorf("log in to Kafka: KAFKA_SASL_PASSWORD_FILE: %w", err)
		}
		return text, nil
	}
	scrambled := func(context.Context) (scram.Auth, error) {
		pass, err := secret()
		return scram.Auth{User: c.SASLUser, Pass: pass}, err
	}
	switch c.SASLMechanism {
	case loginPlain:
		return plain.Plain(func(context.Context) (plain.Auth, error) {
			pass, err := secret()
			return plain.Auth{User: c.SASLUser, Pass: pass}, err
		}), nil
	case loginScram256:
		return scram.Sha256(scrambled), nil
	case loginScram512:
		return scram.Sha512(scrambled), nil
	case loginOAuth:
		return c.OAuth.mechanism()
	}
	return nil, nil
}

func (o OAuthConfig) mechanism() (sasl.Mechanism, error) {
	extensions, err := o.extensions()
	if err != nil {
		return nil, err
	}
	given := credential.Text{Given: o.Token, Path: o.TokenFile}
	token := func(context.Context) (string, error) { return given.Value() }
	if o.TokenURL != "" {
		transport, err := credential.TLS{CAFile: o.CAFile}.Transport()
		if err != nil {
			return nil, fmt.Errorf("KAFKA_SASL_OAUTH_CA_FILE: %w", err)
		}
		transport.DisableKeepAlives = true // a token lasts longer than a connection
		tokens := &credential.Tokens{
			URL: o.TokenURL, ClientID: o.ClientID, Secret: credential.Text{Given: o.ClientSecret, Path: o.ClientSecretFile}, Scopes: o.Scopes,
			Client: &http.Client{Transport: transport, Timeout: tokenTimeout, CheckRedirect: noRedirect}, Now: time.Now,
		}
		token = tokens.Token
	}
	return oauth.Oauth(func(ctx context.Context) (oauth.Auth, error) {
		text, err := token(ctx)
		if err != nil {
			return oauth.Auth{}, fmt.Errorf("log in to Kafka by SASL %s: %w", loginOAuth, err)
		}
		return oauth.Auth{Token: text, Extensions: extensions}, nil
	}), nil
}

// tokenTimeout bounds a request for a token.
const tokenTimeout = 10 * time.Second

// noRedirect: the secret goes where it was meant to.
func noRedirect(*http.Request, []*http.Request) error {
	return errors.New("the token endpoint sends elsewhere")
}
