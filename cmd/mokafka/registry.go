package main

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/mokafka/mokafka/internal/credential"
	"github.com/mokafka/mokafka/schemas"
)

// registrySettings say where the schema registry is and who asks it. Its files are
// read when they are used: those of TLS for each connection, secrets for each
// request.
type registrySettings struct {
	schemas.RegistryConfig

	PasswordFile string `env:"SCHEMA_REGISTRY_PASSWORD_FILE"`
	// Token is for registries that want a bearer token, in place of a user.
	Token     string `env:"SCHEMA_REGISTRY_TOKEN" json:"-"`
	TokenFile string `env:"SCHEMA_REGISTRY_TOKEN_FILE"`

	TLSCAFile   string `env:"SCHEMA_REGISTRY_TLS_CA_FILE"`
	TLSCertFile string `env:"SCHEMA_REGISTRY_TLS_CERT_FILE"`
	TLSKeyFile  string `env:"SCHEMA_REGISTRY_TLS_KEY_FILE"`
}

// Validate names the variables at fault. It does not look at the files.
func (r registrySettings) Validate() error {
	errs := []error{r.RegistryConfig.Validate()}
	if r.User != "" && r.bearer() {
		errs = append(errs, errors.New("SCHEMA_REGISTRY_TOKEN and SCHEMA_REGISTRY_USER: set one of them, not both"))
	}
	https := false
	for _, u := range r.URLs {
		https = https || strings.HasPrefix(strings.ToLower(u), "https:")
	}
	for _, v := range []struct{ name, file string }{
		{"SCHEMA_REGISTRY_TLS_CA_FILE", r.TLSCAFile},
		{"SCHEMA_REGISTRY_TLS_CERT_FILE", r.TLSCertFile},
		{"SCHEMA_REGISTRY_TLS_KEY_FILE", r.TLSKeyFile},
	} {
		if v.file != "" && !https {
			errs = append(errs, fmt.Errorf("%s: it is set, but no address in SCHEMA_REGISTRY_URL begins with https", v.name))
		}
	}
	if (r.TLSCertFile == "") != (r.TLSKeyFile == "") {
		errs = append(errs, errors.New("SCHEMA_REGISTRY_TLS_CERT_FILE and SCHEMA_REGISTRY_TLS_KEY_FILE: one is set and the other is not"))
	}
	return errors.Join(errs...)
}

func (r registrySettings) bearer() bool { return r.Token != "" || r.TokenFile != "" }

// client makes the registry's client, and connects to nothing. It fails if the
// settings are not valid, or a file of TLS is no good.
func (r registrySettings) client() (*schemas.Registry, error) {
	files := credential.TLS{CAFile: r.TLSCAFile, CertFile: r.TLSCertFile, KeyFile: r.TLSKeyFile}
	if files == (credential.TLS{}) && r.PasswordFile == "" && !r.bearer() {
		return schemas.NewRegistry(r.RegistryConfig)
	}
	if err := r.Validate(); err != nil {
		return nil, fmt.Errorf("configure the schema registry: %w", err)
	}
	transport, err := files.Transport()
	if err != nil {
		return nil, fmt.Errorf("configure the schema registry: SCHEMA_REGISTRY_TLS_CA_FILE, SCHEMA_REGISTRY_TLS_CERT_FILE, SCHEMA_REGISTRY_TLS_KEY_FILE: %w", err)
	}
	var carrier http.RoundTripper = transport
	conf := r.RegistryConfig
	if r.User != "" || r.bearer() {
		carrier = credential.Authorized{Next: transport, Header: r.authorization}
		conf.User, conf.Password = "", ""
	}
	return schemas.NewRegistry(conf, schemas.WithHTTPClient(&http.Client{
		Transport: carrier,
		// It would take the login along, to wherever the registry sends us.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}))
}

// authorization is the header of a request.
func (r registrySettings) authorization(context.Context) (string, error) {
	if r.bearer() {
		token, err := credential.Text{Given: r.Token, Path: r.TokenFile}.Value()
		if err != nil {
			return "", fmt.Errorf("SCHEMA_REGISTRY_TOKEN_FILE: %w", err)
		}
		return "Bearer " + token, nil
	}
	password, err := credential.Text{Given: r.Password, Path: r.PasswordFile}.Value()
	if err != nil {
		return "", fmt.Errorf("SCHEMA_REGISTRY_PASSWORD_FILE: %w", err)
	}
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(r.User+":"+password)), nil
}
