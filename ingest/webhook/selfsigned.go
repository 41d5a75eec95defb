package webhook

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

const (
	// selfSignedFile holds certificate and key.
	selfSignedFile = "webhook-self-signed.pem"
	// selfSignedFor is how long a certificate of ours is good, and renewBefore
	// how long before its end a start makes a new one.
	selfSignedFor = 10 * 365 * 24 * time.Hour
	renewBefore   = 365 * 24 * time.Hour
)

// selfSigned returns a certificate for the hosts: the one kept in dir where it
// is still good for them, else a new one, kept there. An empty dir keeps
// nothing. The key is readable for the owner alone.
func selfSigned(dir string, hosts []string, now time.Time) (tls.Certificate, error) {
	if dir == "" {
		_, cert, err := newSelfSigned(hosts, now)
		return cert, err
	}
	file := filepath.Join(dir, selfSignedFile)
	kept, err := os.ReadFile(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return tls.Certificate{}, fmt.Errorf("read the kept one: %w", err)
	default:
		cert, err := tls.X509KeyPair(kept, kept)
		if err != nil {
			return tls.Certificate{}, fmt.Errorf("read the kept one, %s: %w", file, err)
		}
		if goodFor(cert.Leaf, hosts, now) {
			return cert, nil
		}
	}
	text, cert, err := newSelfSigned(hosts, now)
	if err != nil {
		return tls.Certificate{}, err
	}
	if err := writePrivate(file, text); err != nil {
		return tls.Certificate{}, fmt.Errorf("keep it: %w", err)
	}
	return cert, nil
}

func goodFor(cert *x509.Certificate, hosts []string, now time.Time) bool {
	if now.Before(cert.NotBefore) || now.Add(renewBefore).After(cert.NotAfter) {
		return false
	}
	for _, host := range hosts {
		if cert.VerifyHostname(host) != nil {
			return false
		}
	}
	return true
}

// newSelfSigned makes an ECDSA certificate, and its PEM with the key in it.
func newSelfSigned(hosts []string, now time.Time) ([]byte, tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, tls.Certificate{}, fmt.Errorf("make a key: %w", err)
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, tls.Certificate{}, fmt.Errorf("make a serial number: %w", err)
	}
	template := &x509.Certificate{
		SerialNumber:          serial,
		Subject:               pkix.Name{CommonName: "mokafka webhook"},
		NotBefore:             now.Add(-time.Hour), // for clocks that are behind
		NotAfter:              now.Add(selfSignedFor),
		KeyUsage:              x509.KeyUsageDigitalSignature,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true,
	}
	for _, host := range hosts {
		if ip := net.ParseIP(host); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, host)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, tls.Certificate{}, fmt.Errorf("sign it: %w", err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, tls.Certificate{}, fmt.Errorf("write down the key: %w", err)
	}
	var text bytes.Buffer
	for _, block := range []*pem.Block{{Type: "CERTIFICATE", Bytes: der}, {Type: "PRIVATE KEY", Bytes: keyDER}} {
		if err := pem.Encode(&text, block); err != nil {
			return nil, tls.Certificate{}, fmt.Errorf("write it down: %w", err)
		}
	}
	cert, err := tls.X509KeyPair(text.Bytes(), text.Bytes())
	if err != nil {
		return nil, tls.Certificate{}, fmt.Errorf("read it back: %w", err)
	}
	return text.Bytes(), cert, nil
}

// writePrivate writes a file whole or not at all, for its owner alone. Its
// directory is made if need be.
func writePrivate(file string, content []byte) error {
	dir := filepath.Dir(file)
	if err := os.MkdirAll(dir, 0o700); err != nil { //nolint:gosec // the path is the operator's, from WEBHOOK_TLS_DIR
		return err
	}
	part, err := os.CreateTemp(dir, "."+filepath.Base(file)+"-*") // mode 0600
	if err != nil {
		return err
	}
	_, err = part.Write(content)
	err = errors.Join(err, part.Sync(), part.Close())
	if err == nil {
		err = os.Rename(part.Name(), file) //nolint:gosec // the path is the operator's, from WEBHOOK_TLS_DIR
	}
	if err != nil {
		return errors.Join(err, os.Remove(part.Name())) //nolint:gosec // the path is the operator's, from WEBHOOK_TLS_DIR
	}
	return nil
}
