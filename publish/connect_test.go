package publish_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/mokafka/mokafka/publish"
)

func TestClientConfigNamesEveryFault(t *testing.T) {
	plain := publish.ClientConfig{Brokers: []string{"127.0.0.1:9092", "[::1]:9093"}, ClientID: "mokafka"}
	for _, good := range []publish.ClientConfig{
		plain,
		{Brokers: plain.Brokers, ClientID: "m", SASLMechanism: "PLAIN", SASLUser: "u", SASLPassword: "p"},
		{Brokers: plain.Brokers, ClientID: "m", TLS: true, TLSCertFile: "c", TLSKeyFile: "k"},
		{Brokers: plain.Brokers, ClientID: "m", SASLMechanism: "SCRAM-SHA-512", SASLUser: "u", SASLPasswordFile: "f"},
		{Brokers: plain.Brokers, ClientID: "m", SASLMechanism: "OAUTHBEARER", OAuth: publish.OAuthConfig{TokenFile: "f"}},
		{Brokers: plain.Brokers, ClientID: "m", SASLMechanism: "OAUTHBEARER", OAuth: publish.OAuthConfig{
			TokenURL: "https://login.example.com/token", ClientID: "c", ClientSecret: "s", Extensions: []string{"logicalCluster=lkc-1"},
		}},
	} {
		if err := good.Validate(); err != nil {
			t.Errorf("%+v is refused: %v", good, err)
		}
	}
	for _, c := range []struct {
		bad   publish.ClientConfig
		names []string
	}{
		{publish.ClientConfig{}, []string{"KAFKA_BROKERS", "KAFKA_CLIENT_ID"}},
		{
			publish.ClientConfig{
				Brokers: []string{"kafka", ":9092", "h:0", "h:x"}, TLSCAFile: "a", TLSCertFile: "c",
				SASLMechanism: "GSSAPI",
			},
			[]string{
				`"kafka"`, `":9092"`, `"h:0"`, `"h:x"`, "KAFKA_TLS_CA_FILE", "KAFKA_TLS_CERT_FILE",
				"KAFKA_TLS_KEY_FILE", "KAFKA_TLS_ENABLED", "KAFKA_SASL_MECHANISM",
			},
		},
		{publish.ClientConfig{SASLMechanism: "SCRAM-SHA-512"}, []string{"KAFKA_SASL_USER", "KAFKA_SASL_PASSWORD"}},
		{publish.ClientConfig{SASLPassword: "geheim"}, []string{"KAFKA_SASL_MECHANISM"}},
		{publish.ClientConfig{SASLMechanism: "OAUTHBEARER", SASLUser: "u"}, []string{"KAFKA_SASL_USER", "KAFKA_SASL_OAUTH_TOKEN_URL"}},
		{
			publish.ClientConfig{SASLMechanism: "OAUTHBEARER", OAuth: publish.OAuthConfig{
				Token: "geheim", TokenURL: "http://login.example.com", Extensions: []string{"logicalCluster"},
			}},
			[]string{"KAFKA_SASL_OAUTH_TOKEN and KAFKA_SASL_OAUTH_TOKEN_URL", "KAFKA_SASL_OAUTH_EXTENSIONS"},
		},
		{
			publish.ClientConfig{SASLMechanism: "OAUTHBEARER", OAuth: publish.OAuthConfig{
				TokenURL: "http://login.example.com", Extensions: []string{"auth=x"},
			}},
			[]string{
				"KAFKA_SASL_OAUTH_TOKEN_URL: it is not https", "KAFKA_SASL_OAUTH_CLIENT_ID", "KAFKA_SASL_OAUTH_CLIENT_SECRET",
				"KAFKA_SASL_OAUTH_EXTENSIONS",
			},
		},
		{
			publish.ClientConfig{SASLMechanism: "PLAIN", SASLUser: "u", SASLPassword: "geheim", OAuth: publish.OAuthConfig{
				ClientSecret: "geheim", CAFile: "f", Scopes: []string{"s"},
			}},
			[]string{"KAFKA_SASL_OAUTH_CLIENT_SECRET: it is set", "KAFKA_SASL_OAUTH_CA_FILE", "KAFKA_SASL_OAUTH_SCOPES"},
		},
	} {
		err := c.bad.Validate()
		if err == nil {
			t.Errorf("%+v passes", c.bad)
			continue
		}
		for _, name := range c.names {
			if !strings.Contains(err.Error(), name) {
				t.Errorf("%v\ndoes not name %s", err, name)
			}
		}
		if strings.Contains(err.Error(), "geheim") {
			t.Errorf("%v tells the password", err)
		}
		if _, optErr := c.bad.Options("test", zerolog.Nop(), nil); optErr == nil {
			t.Error("options are made of what is not valid")
		}
	}
	shown, err := json.Marshal(publish.ClientConfig{SASLPassword: "geheim"})
	if err != nil || bytes.Contains(shown, []byte("geheim")) {
		t.Errorf("%s (%v) tells the password", shown, err)
	}
}

// TestConnects: by SASL and TLS, and not without.
func TestConnects(t *testing.T) {
	ca, server := certificates(t)
	cluster, err := kfake.NewCluster(
		kfake.NumBrokers(1), kfake.EnableSASL(),
		kfake.Superuser("PLAIN", "plain", "pw"),
		kfake.Superuser("SCRAM-SHA-256", "scram256", "pw"),
		kfake.Superuser("SCRAM-SHA-512", "scram512", "pw"),
		kfake.TLS(&tls.Config{Certificates: []tls.Certificate{server}}),
	)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	base := publish.ClientConfig{Brokers: cluster.ListenAddrs(), ClientID: "mokafka", TLS: true, TLSCAFile: ca}
	with := func(mechanism, user, password string) publish.ClientConfig {
		c := base
		c.SASLMechanism, c.SASLUser, c.SASLPassword = mechanism, user, password
		return c
	}
	untrusted := with("PLAIN", "plain", "pw")
	untrusted.TLSCAFile = ""
	for _, c := range []struct {
		name string
		cfg  publish.ClientConfig
		ok   bool
	}{
		{"plain", with("PLAIN", "plain", "pw"), true},
		{"scram 256", with("SCRAM-SHA-256", "scram256", "pw"), true},
		{"scram 512", with("SCRAM-SHA-512", "scram512", "pw"), true},
		{"wrong password", with("SCRAM-SHA-512", "scram512", "geheim"), false},
		{"no login", base, false},
		{"unknown authority", untrusted, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			var log bytes.Buffer
			opts, err := c.cfg.Options("test", zerolog.New(zerolog.SyncWriter(&log)).Level(zerolog.DebugLevel), nil)
			if err != nil {
				t.Fatal(err)
			}
			client, err := kgo.NewClient(append(opts, kgo.RetryTimeout(time.Second), kgo.RequestRetries(1))...)
			if err != nil {
				t.Fatal(err)
			}
			err = client.Ping(within(t, 20*time.Second))
			client.Close()
			if (err == nil) != c.ok {
				t.Errorf("ping: %v, want success %t", err, c.ok)
			}
			if strings.Contains(log.String(), "geheim") {
				t.Error("the log tells the password")
			}
			if !strings.Contains(log.String(), `"kafka_client":"mokafka-test"`) {
				t.Errorf("the log does not name the client:\n%s", &log)
			}
		})
	}
}

// TestClientMetrics: two roles at once, and a role again after it was closed.
func TestClientMetrics(t *testing.T) {
	reg := prometheus.NewRegistry()
	cfg := publish.ClientConfig{Brokers: []string{"127.0.0.1:1"}, ClientID: "mokafka"}
	open := func(role string) *kgo.Client {
		t.Helper()
		opts, err := cfg.Options(role, zerolog.Nop(), reg)
		if err != nil {
			t.Fatal(err)
		}
		client, err := kgo.NewClient(opts...)
		if err != nil {
			t.Fatal(err)
		}
		return client
	}
	journal, derive := open("journal"), open("derive")
	defer journal.Close()
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, f := range families {
		if f.GetName() != "mokafka_kafka_buffered_produce_records_total" {
			continue
		}
		for _, m := range f.GetMetric() {
			ids = append(ids, m.GetLabel()[0].GetValue())
		}
	}
	if got := strings.Join(ids, " "); got != "mokafka-derive mokafka-journal" {
		t.Errorf("metrics of the clients %q", got)
	}
	derive.Close()
	open("derive").Close()
}

func TestUnreadableTLSFiles(t *testing.T) {
	dir := t.TempDir()
	junk := filepath.Join(dir, "junk.pem")
	if err := os.WriteFile(junk, []byte("junk"), 0o600); err != nil {
		t.Fatal(err)
	}
	base := publish.ClientConfig{Brokers: []string{"127.0.0.1:1"}, ClientID: "m", TLS: true}
	missing, notPEM, noKey := base, base, base
	missing.TLSCAFile = filepath.Join(dir, "missing.pem")
	notPEM.TLSCAFile = junk
	noKey.TLSCertFile, noKey.TLSKeyFile = junk, junk
	for name, cfg := range map[string]publish.ClientConfig{
		"cannot read " + missing.TLSCAFile: missing, junk + " has no certificate": notPEM, junk + " are no certificate": noKey,
	} {
		if _, err := cfg.Options("test", zerolog.Nop(), nil); err == nil || !strings.Contains(err.Error(), name) || !strings.Contains(err.Error(), "KAFKA_TLS_CA_FILE") {
			t.Errorf("%v, want a word about %s", err, name)
		}
	}
}

// certificates makes an authority's file and a server certificate for loopback.
func certificates(t *testing.T) (caFile string, server tls.Certificate) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	caFile = filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(caFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return caFile, tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}
