package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/mokafka/mokafka/ingest/webhook"
)

// expiresSoon is when a certificate's end is worth a word.
const expiresSoon = 30 * 24 * time.Hour

// door checks what concerns webhooks.
func (e *examination) door(ctx context.Context) {
	cfg := &e.settings.Webhook
	if !e.sound[cfg] {
		e.skip("webhook", "not looked at: its configuration is wrong")
		return
	}
	e.right("signing keys", "%s", counted(len(cfg.SigningKeys), "key is accepted", "keys are accepted"))
	if cfg.DataKey == "" {
		e.right("encryption", "no data key: webhooks have to come in the clear")
	} else {
		e.right("encryption", "the data key and the IV have the right form")
	}
	scheme := "https"
	switch cfg.TLS {
	case webhook.TLSFiles:
		e.certificate(cfg.TLSCert, cfg.TLSKey)
	case webhook.TLSSelfSigned:
		e.right("webhook TLS", "a self-signed certificate, which Moka accepts")
	default:
		scheme = "http"
		e.right("webhook TLS", "none here: Moka insists on HTTPS, so a proxy in front has to do it")
	}
	e.port(ctx, "webhook port", "WEBHOOK_ADDR", cfg.Addr, scheme, webhook.RESTPath)
}

func (e *examination) certificate(certFile, keyFile string) {
	pair, err := tls.LoadX509KeyPair(certFile, keyFile)
	if err != nil {
		e.wrong("webhook TLS", "check WEBHOOK_TLS_CERT and WEBHOOK_TLS_KEY", "the certificate cannot be used: %v", err)
		return
	}
	leaf, err := x509.ParseCertificate(pair.Certificate[0])
	if err != nil {
		e.wrong("webhook TLS", "check WEBHOOK_TLS_CERT", "the certificate cannot be read: %v", err)
		return
	}
	until := leaf.NotAfter.Format(time.DateOnly)
	switch left := leaf.NotAfter.Sub(e.now()); {
	case left <= 0:
		e.wrong("webhook TLS", "renew it; the door reads it again by itself", "the certificate ended on %s", until)
	case left < expiresSoon:
		e.doubt("webhook TLS", "renew it; the door reads it again by itself", "the certificate ends on %s", until)
	default:
		e.right("webhook TLS", "the certificate is good until %s", until)
	}
}

// stateDir checks that the local state can be written.
func (e *examination) stateDir() {
	if e.sound[&e.settings.Derive] {
		e.writableDir("state directory", "STATE_DIR", e.settings.Derive.StateDir)
	}
}

// writableDir checks that files can be written into the directory that a variable
// names.
func (e *examination) writableDir(check, variable, dir string) {
	_, missing := os.Stat(dir)
	err := os.MkdirAll(dir, 0o700)
	if err == nil && missing != nil {
		defer func() { _ = os.Remove(dir) }() // one that is in use by now is not empty, and stays
	}
	if err == nil {
		var f *os.File
		if f, err = os.CreateTemp(dir, "doctor-*"); err == nil {
			_, err = f.WriteString("a disk that is full or read-only shows here")
			err = errors.Join(err, f.Close(), os.Remove(f.Name()))
		}
	}
	if err != nil {
		e.wrong(check, "name another with "+variable+", or give this user the right to write", "it cannot be written: %v", err)
		return
	}
	e.right(check, "%s can be written", dir)
}

// port checks that an address can be listened on, or that mokafka does already.
func (e *examination) port(ctx context.Context, check, variable, addr, scheme, path string) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	switch {
	case err == nil:
		_ = l.Close() // nothing was accepted
		e.right(check, "%s is free", addr)
	case !errors.Is(err, syscall.EADDRINUSE):
		e.wrong(check, "give another address in "+variable, "cannot listen on %s: %v", addr, err)
	case e.isMokafka(ctx, scheme, addr, path):
		e.right(check, "%s is in use by a mokafka that runs already", addr)
	default:
		e.wrong(check, "end what listens there, or give another address in "+variable, "%s is taken by another process", addr)
	}
}

// isMokafka recognizes the answers of a door and of an ops port.
func (e *examination) isMokafka(ctx context.Context, scheme, addr, path string) bool {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	ctx, cancel := context.WithTimeout(ctx, e.timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, scheme+"://"+net.JoinHostPort(host, port)+path, nil)
	if err != nil {
		return false
	}
	client := &http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		TLSClientConfig:   &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: true}, //nolint:gosec // it only asks who is there
	}}
	resp, err := client.Do(req)
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 4<<10))
	text := string(body)
	return err == nil && (strings.Contains(text, `"code":40501`) || strings.Contains(text, `"code":40301`) || strings.Contains(text, `"status":"ok"`))
}
