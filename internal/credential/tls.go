package credential

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"
)

// TLS are the files of a client's side of TLS, PEM. Each connection is made by what
// they hold then.
type TLS struct {
	// CAFile has the authorities to trust; empty: the system's.
	CAFile string
	// CertFile and KeyFile are the client's certificate; empty: none is shown.
	CertFile, KeyFile string
}

// Config reads the files. TLS 1.2 is the least that is spoken; the server's
// certificate is always checked.
func (t TLS) Config() (*tls.Config, error) {
	conf := &tls.Config{MinVersion: tls.VersionTLS12}
	if t.CAFile != "" {
		pem, err := read(t.CAFile)
		if err != nil {
			return nil, err
		}
		conf.RootCAs = x509.NewCertPool()
		if !conf.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("%s has no certificate in PEM", t.CAFile)
		}
	}
	if t.CertFile != "" {
		cert, err := read(t.CertFile)
		if err != nil {
			return nil, err
		}
		key, err := read(t.KeyFile)
		if err != nil {
			return nil, err
		}
		pair, err := tls.X509KeyPair(cert, key)
		if err != nil {
			return nil, fmt.Errorf("%s and %s are no certificate with its key: %w", t.CertFile, t.KeyFile, err)
		}
		conf.Certificates = []tls.Certificate{pair}
	}
	return conf, nil
}

// Dial connects and shakes hands, within timeout each.
func (t TLS) Dial(ctx context.Context, network, addr string, timeout time.Duration) (net.Conn, error) {
	conf, err := t.Config()
	if err != nil {
		return nil, err
	}
	dialer := &tls.Dialer{NetDialer: &net.Dialer{Timeout: timeout}, Config: conf}
	return dialer.DialContext(ctx, network, addr)
}

// Transport is for HTTP by these files, closing idle connections after a while so
// that new files come into force. Connections through a proxy stay with what the
// files held at first. It fails where they cannot be read.
func (t TLS) Transport() (*http.Transport, error) {
	const patience = 10 * time.Second
	conf, err := t.Config()
	if err != nil {
		return nil, err
	}
	return &http.Transport{
		TLSClientConfig: conf,
		Proxy:           http.ProxyFromEnvironment,
		DialContext:     (&net.Dialer{Timeout: patience}).DialContext,
		DialTLSContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			return t.Dial(ctx, network, addr, patience)
		},
		MaxIdleConnsPerHost:   4,
		IdleConnTimeout:       time.Minute,
		ResponseHeaderTimeout: time.Minute,
	}, nil
}

// Authorized sends requests with an Authorization header that is asked for each
// time. It implements http.RoundTripper.
type Authorized struct {
	// Next carries the requests.
	Next http.RoundTripper
	// Header is the header's value.
	Header func(ctx context.Context) (string, error)
}

// RoundTrip implements http.RoundTripper.
func (a Authorized) RoundTrip(r *http.Request) (*http.Response, error) {
	value, err := a.Header(r.Context())
	if err != nil {
		if r.Body != nil {
			err = errors.Join(err, r.Body.Close())
		}
		return nil, err
	}
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", value)
	return a.Next.RoundTrip(r)
}

// CloseIdleConnections passes http.Client's call on.
func (a Authorized) CloseIdleConnections() {
	if next, ok := a.Next.(interface{ CloseIdleConnections() }); ok {
		next.CloseIdleConnections()
	}
}
