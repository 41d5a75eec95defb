package schemas

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"
)

// defaultTimeout bounds requests where the configuration does not say.
const defaultTimeout = 10 * time.Second

// RegistryConfig says where the schema registry is.
type RegistryConfig struct {
	// URLs are the addresses of one registry, http or https, separated by commas
	// in the variable; the second is asked when the first does not answer. The
	// path of the Confluent-compatible API belongs to it: Apicurio's ends in
	// /apis/ccompat/v7.
	URLs []string `env:"SCHEMA_REGISTRY_URL"`
	// User and Password go out with every request; no user means no login. With
	// Confluent Cloud they are an API key and its secret.
	User     string `env:"SCHEMA_REGISTRY_USER"`
	Password string `env:"SCHEMA_REGISTRY_PASSWORD" json:"-"`
	// Timeout bounds each request; zero is 10 s.
	Timeout time.Duration `env:"SCHEMA_REGISTRY_TIMEOUT,default=10s"`
}

// Validate reports every fault at once, each with the variable it is in.
func (c RegistryConfig) Validate() error {
	var faults []error
	if len(c.URLs) == 0 {
		faults = append(faults, errors.New("SCHEMA_REGISTRY_URL is not set: give the address of the schema registry, such as http://127.0.0.1:8081"))
	}
	for i, u := range c.URLs {
		if err := validRegistryURL(u); err != nil {
			faults = append(faults, fmt.Errorf("SCHEMA_REGISTRY_URL, address %d: %w", i+1, err))
		}
	}
	if c.User == "" && c.Password != "" {
		faults = append(faults, errors.New("SCHEMA_REGISTRY_PASSWORD is set but SCHEMA_REGISTRY_USER is not"))
	}
	if strings.Contains(c.User, ":") {
		faults = append(faults, errors.New("SCHEMA_REGISTRY_USER contains a colon, which HTTP basic authentication cannot carry"))
	}
	if c.Timeout < 0 {
		faults = append(faults, fmt.Errorf("SCHEMA_REGISTRY_TIMEOUT is %s: it must not be negative", c.Timeout))
	}
	return errors.Join(faults...)
}

// validRegistryURL does not repeat the address: one with a login in it is a secret.
func validRegistryURL(text string) error {
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return errors.New("is not a URL")
	case u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		return errors.New("must begin with http:// or https:// and name a host")
	case u.User != nil:
		return errors.New("has a login in it, which would end up in logs: use SCHEMA_REGISTRY_USER and SCHEMA_REGISTRY_PASSWORD")
	case u.RawQuery != "" || u.Fragment != "":
		return errors.New("has a query or a fragment, which the registry's paths cannot be added to")
	}
	return nil
}
