package webhook

import (
	"crypto/tls"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/rs/zerolog"
)

// tlsConfig is nil where the door is served in the clear.
func (s *Server) tlsConfig() (*tls.Config, error) {
	switch s.cfg.TLS {
	case TLSSelfSigned:
		cert, err := selfSigned(s.cfg.TLSDir, s.certificateHosts(), s.now())
		if err != nil {
			return nil, fmt.Errorf("make a self-signed certificate: %w", err)
		}
		return &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{cert}}, nil
	case TLSFiles:
		files := &certFiles{cert: s.cfg.TLSCert, key: s.cfg.TLSKey, now: s.now, log: s.log}
		if err := files.load(); err != nil {
			return nil, err
		}
		return &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: files.certificate}, nil
	default:
		return nil, nil
	}
}

// certificateHosts are the names that a self-signed certificate is made for.
func (s *Server) certificateHosts() []string {
	hosts := []string{"localhost", "127.0.0.1", "::1"}
	for _, address := range []string{hostOf(s.cfg.Addr), publicHost(s.cfg.PublicURL)} {
		if address != "" && address != "0.0.0.0" && address != "::" {
			hosts = append(hosts, address)
		}
	}
	return hosts
}

func hostOf(addr string) string {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return ""
	}
	return host
}

func publicHost(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Hostname()
}

// certFiles is a certificate in files that are replaced from time to time. It is
// safe for concurrent use.
type certFiles struct {
	cert, key string
	now       func() time.Time
	log       zerolog.Logger

	mu      sync.Mutex
	loaded  *tls.Certificate
	version [2]time.Time // when the files were written
	checked time.Time
}

// checkEvery is how often the files are looked at, when connections come.
const checkEvery = time.Minute

// certificate implements tls.Config.GetCertificate. Where the new files are no
// good, for they may be half written, the old certificate stays.
func (c *certFiles) certificate(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.now().Sub(c.checked) >= checkEvery {
		if err := c.refresh(); err != nil {
			c.log.Error().Err(err).Msg("the webhook goes on with its old certificate")
		}
	}
	return c.loaded, nil
}

func (c *certFiles) load() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.refresh()
}

func (c *certFiles) refresh() error {
	c.checked = c.now()
	var version [2]time.Time
	for i, name := range []string{c.cert, c.key} {
		info, err := os.Stat(name)
		if err != nil {
			return fmt.Errorf("read the webhook's certificate: %w", err)
		}
		version[i] = info.ModTime()
	}
	if c.loaded != nil && version == c.version {
		return nil
	}
	cert, err := tls.LoadX509KeyPair(filepath.Clean(c.cert), filepath.Clean(c.key))
	if err != nil {
		return fmt.Errorf("read the webhook's certificate: %w", err)
	}
	c.loaded, c.version = &cert, version
	return nil
}
