package webhook

import (
	"errors"
	"fmt"
	"net"
	"time"
)

// How WEBHOOK_TLS has the door served.
const (
	TLSOff        = "off"         // plain HTTP: a proxy in front does TLS
	TLSSelfSigned = "self-signed" // a certificate of our own making
	TLSFiles      = "files"       // WEBHOOK_TLS_CERT and WEBHOOK_TLS_KEY
)

// Config of the door. Tags are go-envconfig's; sizes are in bytes.
type Config struct {
	// Addr is where the door listens; port 0 takes a free one.
	Addr string `env:"WEBHOOK_ADDR,default=:8080"`
	// SigningKeys are the keys that Moka may sign with. Several, while one
	// replaces another.
	SigningKeys []string `env:"WEBHOOK_SIGNING_KEYS" json:"-"`
	// SigningKeysFile is where they are read again when they change: each line is
	// a key, and commas separate too. SigningKeys are what it held at the start.
	SigningKeysFile string `env:"WEBHOOK_SIGNING_KEYS_FILE"`
	// DataKey and DataIV decrypt data where encryption was bought: 32 and 16
	// characters, or their hex or base64.
	DataKey string `env:"WEBHOOK_DATA_KEY" json:"-"`
	DataIV  string `env:"WEBHOOK_DATA_IV" json:"-"`

	// SOAPBearer is what the Bearer token of SOAP webhooks may be: key (the
	// signing key itself), signature (of the body or of the parameter, as in
	// REST), any of them, or off, which closes the SOAP door. Which of them Moka
	// sends is not documented.
	SOAPBearer string `env:"WEBHOOK_SOAP_BEARER,default=any"`
	// ZhirenKeys are the pairs access_key:secret that may push to the Zhiren
	// receiver. None closes that door.
	ZhirenKeys []string `env:"WEBHOOK_ZHIREN_KEYS" json:"-"`
	// ZhirenTonce is how far the time in a push to the Zhiren receiver may be
	// from ours, either way. Moka documents 30 s.
	ZhirenTonce time.Duration `env:"WEBHOOK_ZHIREN_TONCE,default=30s"`

	// TLS is off, self-signed or files. Moka pushes to HTTPS only, and does not
	// check who issued the certificate.
	TLS string `env:"WEBHOOK_TLS,default=off"`
	// TLSCert and TLSKey are PEM files, read again when they change.
	TLSCert string `env:"WEBHOOK_TLS_CERT"`
	TLSKey  string `env:"WEBHOOK_TLS_KEY"`
	// TLSDir keeps the self-signed certificate across restarts. Empty: a new one
	// at each start.
	TLSDir string `env:"WEBHOOK_TLS_DIR"`
	// PublicURL is the address at which Moka reaches the door, with its path or
	// without, if it is known here: the self-signed certificate names its host,
	// the WSDL names the SOAP door's address, a push to the Zhiren receiver may
	// have signed its path, and it is logged, to be given to Moka.
	PublicURL string `env:"WEBHOOK_PUBLIC_URL"`

	// AllowNetworks may push, as 203.0.113.0/24 or single addresses; none means
	// everybody.
	AllowNetworks []string `env:"WEBHOOK_ALLOW_NETWORKS"`
	// TrustedProxies are believed when they say whom they speak for, in
	// X-Forwarded-For or Forwarded, to which they must add.
	TrustedProxies []string `env:"WEBHOOK_TRUSTED_PROXIES"`

	// RedirectPC and RedirectMobile send the browser of the person who pushed a
	// candidate on, {applicationId} and {candidateId} filled in. Empty: not.
	RedirectPC     string `env:"WEBHOOK_REDIRECT_PC_URL"`
	RedirectMobile string `env:"WEBHOOK_REDIRECT_MOBILE_URL"`

	// MaxBody is the largest body taken.
	MaxBody int64 `env:"WEBHOOK_MAX_BODY,default=10485760"`
	// MaxInFlight is how many requests are worked on at a time; what comes on
	// top is asked to come again.
	MaxInFlight int `env:"WEBHOOK_MAX_IN_FLIGHT,default=1024"`
	// MaxInFlightBytes is what their bodies may take together.
	MaxInFlightBytes int64 `env:"WEBHOOK_MAX_IN_FLIGHT_BYTES,default=268435456"`
	// MaxHeader bounds the request line and the headers.
	MaxHeader int `env:"WEBHOOK_MAX_HEADER,default=16384"`

	// HeaderTimeout and ReadTimeout are for reading the headers, and all of a
	// request. WriteTimeout is from the end of the headers to that of the
	// answer; IdleTimeout for a connection between requests.
	HeaderTimeout time.Duration `env:"WEBHOOK_HEADER_TIMEOUT,default=5s"`
	ReadTimeout   time.Duration `env:"WEBHOOK_READ_TIMEOUT,default=15s"`
	WriteTimeout  time.Duration `env:"WEBHOOK_WRITE_TIMEOUT,default=30s"`
	IdleTimeout   time.Duration `env:"WEBHOOK_IDLE_TIMEOUT,default=2m"`
	// AnswerTimeout is from the end of the body to the answer, whatever Kafka
	// does: a person waits for it.
	AnswerTimeout time.Duration `env:"WEBHOOK_ANSWER_TIMEOUT,default=4500ms"`
	// DrainTimeout is how long requests may take to end after Run was told to.
	DrainTimeout time.Duration `env:"WEBHOOK_DRAIN_TIMEOUT,default=10s"`
}

// largestBody leaves a record of the journal, 12 MiB, room for the rest of it.
const largestBody = 11 << 20

// Validate reports every fault at once, naming the variables. It does not look
// at files.
func (c Config) Validate() error {
	var errs []error
	fault := func(bad bool, format string, args ...any) {
		if bad {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	of := func(name string, err error) {
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", name, err))
		}
	}
	_, _, err := net.SplitHostPort(c.Addr)
	fault(err != nil, "WEBHOOK_ADDR: %q is not host:port or :port", c.Addr)
	of("WEBHOOK_SIGNING_KEYS", validateKeys(c.SigningKeys))
	errs = append(errs, c.validateData()...)
	switch c.SOAPBearer {
	case BearerAny, BearerKey, BearerSignature, BearerOff:
	default:
		fault(true, "WEBHOOK_SOAP_BEARER: %q is not %s, %s, %s or %s", c.SOAPBearer, BearerAny, BearerKey, BearerSignature, BearerOff)
	}
	_, err = parseZhirenKeys(c.ZhirenKeys)
	of("WEBHOOK_ZHIREN_KEYS", err)
	errs = append(errs, c.validateTLS()...)
	if c.PublicURL != "" {
		of("WEBHOOK_PUBLIC_URL", validateAddress(c.PublicURL))
	}
	if _, err := newSources(c.AllowNetworks, c.TrustedProxies); err != nil {
		errs = append(errs, err)
	}
	fault(len(c.TrustedProxies) > 0 && len(c.AllowNetworks) == 0, "WEBHOOK_TRUSTED_PROXIES: has no effect without WEBHOOK_ALLOW_NETWORKS")
	of("WEBHOOK_REDIRECT_PC_URL", validateTemplate(c.RedirectPC))
	of("WEBHOOK_REDIRECT_MOBILE_URL", validateTemplate(c.RedirectMobile))

	fault(c.MaxBody < 1 || c.MaxBody > largestBody, "WEBHOOK_MAX_BODY: %d is not between 1 and %d", c.MaxBody, largestBody)
	fault(c.MaxInFlight < 1, "WEBHOOK_MAX_IN_FLIGHT: %d is not at least 1", c.MaxInFlight)
	fault(c.MaxInFlightBytes < c.MaxBody, "WEBHOOK_MAX_IN_FLIGHT_BYTES: %d has no room for a body of WEBHOOK_MAX_BODY, %d", c.MaxInFlightBytes, c.MaxBody)
	fault(c.MaxHeader < 1024, "WEBHOOK_MAX_HEADER: %d is not at least 1024", c.MaxHeader)
	for _, t := range []struct {
		name  string
		value time.Duration
	}{
		{"WEBHOOK_ZHIREN_TONCE", c.ZhirenTonce},
		{"WEBHOOK_HEADER_TIMEOUT", c.HeaderTimeout},
		{"WEBHOOK_READ_TIMEOUT", c.ReadTimeout},
		{"WEBHOOK_WRITE_TIMEOUT", c.WriteTimeout},
		{"WEBHOOK_IDLE_TIMEOUT", c.IdleTimeout},
		{"WEBHOOK_ANSWER_TIMEOUT", c.AnswerTimeout},
		{"WEBHOOK_DRAIN_TIMEOUT", c.DrainTimeout},
	} {
		fault(t.value <= 0, "%s: %s is not above 0", t.name, t.value)
	}
	fault(c.WriteTimeout < c.ReadTimeout+c.AnswerTimeout,
		"WEBHOOK_WRITE_TIMEOUT: %s is less than WEBHOOK_READ_TIMEOUT and WEBHOOK_ANSWER_TIMEOUT together, %s",
		c.WriteTimeout, c.ReadTimeout+c.AnswerTimeout)
	fault(c.DrainTimeout < c.AnswerTimeout, "WEBHOOK_DRAIN_TIMEOUT: %s is less than WEBHOOK_ANSWER_TIMEOUT, %s",
		c.DrainTimeout, c.AnswerTimeout)
	return errors.Join(errs...)
}

func validateKeys(keys []string) error {
	if len(keys) == 0 {
		return errors.New("want at least one signing key: Moka gives it out with the webhook")
	}
	seen := make(map[string]bool, len(keys))
	for i, key := range keys {
		switch {
		case key == "":
			return fmt.Errorf("key %d is empty", i+1)
		case seen[key]:
			return fmt.Errorf("key %d is there twice", i+1)
		}
		seen[key] = true
	}
	return nil
}

func (c Config) validateData() []error {
	if c.DataKey == "" && c.DataIV == "" {
		return nil
	}
	var errs []error
	if _, err := secretBytes(c.DataKey, dataKeySize); err != nil {
		errs = append(errs, fmt.Errorf("WEBHOOK_DATA_KEY: %w", err))
	}
	if _, err := secretBytes(c.DataIV, dataIVSize); err != nil {
		errs = append(errs, fmt.Errorf("WEBHOOK_DATA_IV: %w", err))
	}
	return errs
}

func (c Config) validateTLS() []error {
	var errs []error
	needed := func(name, value string, need bool) {
		switch {
		case need && value == "":
			errs = append(errs, fmt.Errorf("%s: needed with WEBHOOK_TLS=%s", name, c.TLS))
		case !need && value != "":
			errs = append(errs, fmt.Errorf("%s: has no effect with WEBHOOK_TLS=%s", name, c.TLS))
		}
	}
	switch c.TLS {
	case TLSOff, TLSSelfSigned, TLSFiles:
		needed("WEBHOOK_TLS_CERT", c.TLSCert, c.TLS == TLSFiles)
		needed("WEBHOOK_TLS_KEY", c.TLSKey, c.TLS == TLSFiles)
		needed("WEBHOOK_TLS_DIR", c.TLSDir, c.TLS == TLSSelfSigned && c.TLSDir != "")
	default:
		errs = append(errs, fmt.Errorf("WEBHOOK_TLS: %q is not %s, %s or %s", c.TLS, TLSOff, TLSSelfSigned, TLSFiles))
	}
	return errs
}
