package webhook_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/mokafka/mokafka/ingest/webhook"
)

// overTLS pushes a sample as Moka does, which does not check who issued the
// certificate, and returns that certificate.
func overTLS(t *testing.T, addr string) *x509.Certificate {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, ForceAttemptHTTP2: true, DisableKeepAlives: true,
	}}
	body := pushSample(t)
	resp, err := client.Post("https://"+addr+endpoint+"?sign="+webhook.Sign(testKey, body), "application/json", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK || resp.ProtoMajor != 1 {
		t.Errorf("status %d, %s", resp.StatusCode, resp.Proto)
	}
	return resp.TLS.PeerCertificates[0]
}

func TestSelfSigned(t *testing.T) {
	r := run(t, "WEBHOOK_TLS=self-signed", "WEBHOOK_PUBLIC_URL=https://moka-hooks.example.com/webhooks/moka")
	cert := overTLS(t, r.addr)
	for _, host := range []string{"moka-hooks.example.com", "localhost", "127.0.0.1"} {
		if err := cert.VerifyHostname(host); err != nil {
			t.Error(err)
		}
	}
	if got := r.journal.take(); len(got) != 1 {
		t.Errorf("%d entries", len(got))
	}
	// A client that speaks no TLS is turned away.
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Post("http://"+r.addr+endpoint, "application/json", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusBadRequest {
		t.Errorf("in the clear: status %d", resp.StatusCode)
	}
}

func TestSelfSignedIsKept(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "tls")
	serial := func(env ...string) string {
		r := run(t, append(env, "WEBHOOK_TLS=self-signed", "WEBHOOK_TLS_DIR="+dir)...)
		defer func() { r.stop(); _ = r.ended(t) }()
		return overTLS(t, r.addr).SerialNumber.String()
	}
	first := serial()
	if second := serial(); second != first {
		t.Error("a restart made another certificate")
	}
	info, err := os.Stat(filepath.Join(dir, webhook.SelfSigned))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	if other := serial("WEBHOOK_PUBLIC_URL=https://new.example.com"); other == first {
		t.Error("the certificate does not name the new host")
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
	if err := os.WriteFile(filepath.Join(dir, webhook.SelfSigned), []byte("damaged"), 0o600); err != nil {
		t.Fatal(err)
	}
	h := open(t, "WEBHOOK_TLS=self-signed", "WEBHOOK_TLS_DIR="+dir)
	if err := h.server.Run(t.Context()); err == nil || !strings.Contains(err.Error(), webhook.SelfSigned) {
		t.Errorf("a damaged certificate: %v", err)
	}
}

// TestCertificateFilesAreReadAgain when they were replaced, and the old ones
// serve on while the new ones are no good.
func TestCertificateFilesAreReadAgain(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "cert.pem")
	replace := func(content []byte, written time.Time) {
		t.Helper()
		if err := os.WriteFile(file, content, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(file, written, written); err != nil {
			t.Fatal(err)
		}
	}
	replace(certificate(t), at)

	var now atomic.Int64
	now.Store(at.Unix())
	h := &house{journal: &journal{}, letters: &letters{}, metrics: prometheus.NewRegistry(), log: &bytes.Buffer{}}
	cfg := config(t, "WEBHOOK_TLS=files", "WEBHOOK_TLS_CERT="+file, "WEBHOOK_TLS_KEY="+file)
	server, err := webhook.New(cfg, webhook.Deps{
		OrgID: "demo", Journal: h.journal, DeadLetters: h.letters, Metrics: h.metrics,
		Log: zerolog.New(zerolog.SyncWriter(h.log)), Now: func() time.Time { return time.Unix(now.Load(), 0) },
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- server.Run(ctx) }()
	defer func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if !strings.Contains(h.log.String(), "old certificate") {
			t.Error("nothing was said of the damaged file")
		}
	}()
	<-server.Ready()
	serial := func() string { return overTLS(t, server.Addr().String()).SerialNumber.String() }

	first := serial()
	replace(certificate(t), at.Add(time.Second))
	if got := serial(); got != first {
		t.Error("the files are looked at for every connection")
	}
	now.Add(61)
	second := serial()
	if second == first {
		t.Error("the new certificate is not used")
	}
	replace([]byte("half wri"), at.Add(2*time.Second))
	now.Add(61)
	if got := serial(); got != second {
		t.Error("the old certificate does not serve on")
	}
}

// certificate is a PEM file with certificate and key, made by a door.
func certificate(t *testing.T) []byte {
	t.Helper()
	dir := t.TempDir()
	r := run(t, "WEBHOOK_TLS=self-signed", "WEBHOOK_TLS_DIR="+dir)
	r.stop()
	if err := r.ended(t); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(filepath.Join(dir, webhook.SelfSigned))
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func TestCertificateFilesThatAreMissing(t *testing.T) {
	h := open(t, "WEBHOOK_TLS=files", "WEBHOOK_TLS_CERT=/nowhere/cert.pem", "WEBHOOK_TLS_KEY=/nowhere/key.pem")
	if err := h.server.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "/nowhere/cert.pem") {
		t.Errorf("Run returned %v", err)
	}
}
