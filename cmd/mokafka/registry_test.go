package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/mokafka/mokafka/schemas"
	"github.com/mokafka/mokafka/schemas/avsc"
	"github.com/mokafka/mokafka/schemas/schemastest"
)

// TestRegistryByTLSAndLogin: an authority of its own, a client's certificate, and a
// password or token that is replaced while the client lives.
func TestRegistryByTLSAndLogin(t *testing.T) {
	var wanted atomic.Pointer[string]
	registry := schemastest.New()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != *wanted.Load() {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		registry.ServeHTTP(w, r)
	}))
	server.TLS = &tls.Config{ClientAuth: tls.RequireAnyClientCert, MinVersion: tls.VersionTLS12}
	server.StartTLS()
	t.Cleanup(server.Close)
	bundle, err := avsc.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	put := func(name, content string) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	pair := server.TLS.Certificates[0]
	key, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	cert := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: pair.Certificate[0]}))
	base := map[string]string{
		"SCHEMA_REGISTRY_URL":           server.URL,
		"SCHEMA_REGISTRY_TLS_CA_FILE":   put("ca.pem", cert),
		"SCHEMA_REGISTRY_TLS_CERT_FILE": put("cert.pem", cert),
		"SCHEMA_REGISTRY_TLS_KEY_FILE":  put("key.pem", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}))),
	}
	for _, c := range []struct{ user, secret, first, second string }{
		{"SCHEMA_REGISTRY_USER", "SCHEMA_REGISTRY_PASSWORD_FILE", "Basic dTpvbmU=", "Basic dTp0d28="},
		{"", "SCHEMA_REGISTRY_TOKEN_FILE", "Bearer one", "Bearer two"},
	} {
		env := map[string]string{c.secret: put("secret", "one\n")}
		if c.user != "" {
			env[c.user] = "u"
		}
		for name, value := range base {
			env[name] = value
		}
		var settings registrySettings
		if err := environmentOf(t, env).read(&settings); err != nil {
			t.Fatal(err)
		}
		client, err := settings.client()
		if err != nil {
			t.Fatal(err)
		}
		for _, step := range []struct{ secret, header string }{{"one\n", c.first}, {"two\n", c.second}} {
			put("secret", step.secret)
			wanted.Store(&step.header)
			if _, err := client.LookupID(t.Context(), bundle, "any", "Person"); !errors.Is(err, schemas.ErrNotRegistered) {
				t.Errorf("with %s %q: %v", c.secret, step.secret, err)
			}
		}
	}
}

// TestRegistryLoginStaysWithTheRegistry: it does not go where the registry sends us.
func TestRegistryLoginStaysWithTheRegistry(t *testing.T) {
	var strayed atomic.Bool
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { strayed.Store(true) }))
	t.Cleanup(elsewhere.Close)
	server := httptest.NewServer(http.RedirectHandler(elsewhere.URL, http.StatusTemporaryRedirect))
	t.Cleanup(server.Close)
	var settings registrySettings
	console{t, map[string]string{"SCHEMA_REGISTRY_URL": server.URL, "SCHEMA_REGISTRY_TOKEN": "t"}}.reads(&settings)
	client, err := settings.client()
	if err != nil {
		t.Fatal(err)
	}
	bundle, err := avsc.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.LookupID(t.Context(), bundle, "any", "Person"); err == nil || strayed.Load() {
		t.Errorf("%v; asked elsewhere: %t", err, strayed.Load())
	}
}

func TestRegistrySettingsNameEveryFault(t *testing.T) {
	var settings registrySettings
	err := environmentOf(t, map[string]string{
		"SCHEMA_REGISTRY_URL": "http://127.0.0.1:8081", "SCHEMA_REGISTRY_USER": "u", "SCHEMA_REGISTRY_TOKEN": "geheim",
		"SCHEMA_REGISTRY_TLS_CA_FILE": "ca", "SCHEMA_REGISTRY_TLS_KEY_FILE": "key",
	}).read(&settings)
	if err == nil {
		t.Fatal("nothing is wrong with it")
	}
	for _, want := range []string{
		"SCHEMA_REGISTRY_TOKEN and SCHEMA_REGISTRY_USER", "SCHEMA_REGISTRY_TLS_CA_FILE: ", "SCHEMA_REGISTRY_TLS_KEY_FILE: ",
		"SCHEMA_REGISTRY_TLS_CERT_FILE and SCHEMA_REGISTRY_TLS_KEY_FILE",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v\ndoes not say %q", err, want)
		}
	}
	if strings.Contains(err.Error(), "geheim") {
		t.Errorf("%v tells the token", err)
	}
}
