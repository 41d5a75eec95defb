package publish_test

import (
	"crypto/tls"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/mokafka/mokafka/publish"
)

// TestConnectionsAreMadeByTheFilesOfTheMoment: options that were made before a
// password and an authority were replaced connect with the new ones.
func TestConnectionsAreMadeByTheFilesOfTheMoment(t *testing.T) {
	trusted, server := certificates(t)
	other, _ := certificates(t)
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.EnableSASL(), kfake.Superuser("SCRAM-SHA-512", "u", "new"),
		kfake.TLS(&tls.Config{Certificates: []tls.Certificate{server}, MinVersion: tls.VersionTLS12}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	dir := t.TempDir()
	ca, password := filepath.Join(dir, "ca.pem"), filepath.Join(dir, "password")
	put := func(path, content string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	copied := func(from string) string {
		t.Helper()
		b, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	put(ca, copied(other))
	put(password, "old")
	opts, err := publish.ClientConfig{
		Brokers: cluster.ListenAddrs(), ClientID: "m", TLS: true, TLSCAFile: ca,
		SASLMechanism: "SCRAM-SHA-512", SASLUser: "u", SASLPassword: "old", SASLPasswordFile: password,
	}.Options("test", zerolog.Nop(), nil)
	if err != nil {
		t.Fatal(err)
	}
	client, err := kgo.NewClient(append(opts, kgo.RetryTimeout(time.Second), kgo.RequestRetries(1))...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	try := func(what string, want bool) {
		t.Helper()
		if err := client.Ping(within(t, 20*time.Second)); (err == nil) != want {
			t.Errorf("%s: %v, want success %t", what, err, want)
		}
	}
	try("with an unknown authority", false)
	put(ca, copied(trusted))
	try("with the old password", false)
	put(password, "new\n")
	try("with the new ones", true)
}
