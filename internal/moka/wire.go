package moka

import (
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync/atomic"
)

// readAll reads an answer's body. It reads no more than it may, and of one that
// announces to be larger nothing.
func readAll(resp *http.Response, most int64) ([]byte, error) {
	if resp.ContentLength > most {
		return nil, errTooLarge
	}
	body := bytes.NewBuffer(make([]byte, 0, max(resp.ContentLength+bytes.MinRead, 4<<10)))
	n, err := body.ReadFrom(io.LimitReader(resp.Body, most+1))
	switch {
	case err != nil:
		return nil, err
	case n > most:
		return nil, errTooLarge
	}
	return body.Bytes(), nil
}

// wire tells whether a request may have reached the network.
type wire struct{ state atomic.Int32 }

const (
	wireDialing   = 1 // waiting for a connection: nothing of the request was written
	wireConnected = 2
)

// trace watches a request. Where net/http tries again it asks for a connection
// again, which for anything but a read it does only if nothing was written.
func (w *wire) trace() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		GetConn: func(string) { w.state.Store(wireDialing) },
		GotConn: func(httptrace.GotConnInfo) { w.state.Store(wireConnected) },
	}
}

// unsent is the failure of a request that got no answer.
func (e endpoint) unsent(err error, wire *wire) *Error {
	if outer, ok := errors.AsType[*url.Error](err); ok {
		err = outer.Err // it would repeat the address
	}
	failed := &Error{Kind: KindTransient, Endpoint: e.name, Err: causeOf(err)}
	_, untrusted := errors.AsType[*tls.CertificateVerificationError](err)
	_, unencrypted := errors.AsType[tls.RecordHeaderError](err)
	switch {
	case wire.state.Load() != wireDialing:
		failed.Kind = e.unclear(KindTransient)
	case untrusted || unencrypted || errors.Is(err, http.ErrSchemeMismatch):
		failed.Kind = KindProtocol
	}
	return failed
}
