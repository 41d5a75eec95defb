package api

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
)

// Transport calls a handler as if over a network, without one: for tests in
// virtual time, where waiting for a socket would not count as waiting. A
// handler that gives up with http.ErrAbortHandler is an io.ErrUnexpectedEOF; one
// that the caller hangs up on (the request's context, or the answer's Close) has
// its context ended. Each call is one goroutine, which ends with the handler.
func Transport(handler http.Handler) http.RoundTripper { return transport{handler} }

type transport struct{ handler http.Handler }

// RoundTrip returns once the handler has answered with its header, or ctx ends.
func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	body := []byte(nil)
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
		if err := r.Body.Close(); err != nil {
			return nil, err
		}
	}
	reader, writer := io.Pipe()
	out := &wire{header: http.Header{}, begun: make(chan struct{}), body: writer}
	ctx, cancel := context.WithCancel(r.Context())
	inner := r.Clone(ctx)
	inner.Body, inner.RequestURI, inner.RemoteAddr = io.NopCloser(bytes.NewReader(body)), r.URL.RequestURI(), "127.0.0.1:1"
	if inner.Host == "" {
		inner.Host = r.URL.Host
	}
	ended := make(chan error, 1)
	go func() {
		defer cancel()
		defer context.AfterFunc(ctx, func() { _ = reader.CloseWithError(ctx.Err()) })() // never fails
		err := t.serve(out, inner)
		_ = writer.CloseWithError(err) // never fails
		ended <- err
	}()
	select {
	case <-r.Context().Done():
		return nil, r.Context().Err()
	case <-out.begun:
	case err := <-ended:
		if err != nil {
			return nil, err
		}
	}
	out.WriteHeader(http.StatusOK) // for a handler that said nothing
	return &http.Response{
		Status:     fmt.Sprintf("%d %s", out.status, http.StatusText(out.status)),
		StatusCode: out.status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: out.sent, Body: &hanging{reader, r, cancel}, ContentLength: -1, Request: r,
	}, nil
}

// serve runs the handler and turns its giving up into an error.
func (t transport) serve(out *wire, r *http.Request) (err error) {
	defer func() {
		switch recovered := recover(); recovered {
		case nil:
		case http.ErrAbortHandler:
			err = io.ErrUnexpectedEOF
		default:
			panic(recovered)
		}
	}()
	t.handler.ServeHTTP(out, r)
	return nil
}

// wire is a ResponseWriter into a pipe.
type wire struct {
	header http.Header
	sent   http.Header // as it was when the status was written
	status int
	once   sync.Once
	begun  chan struct{}
	body   *io.PipeWriter
}

func (w *wire) Header() http.Header { return w.header }

func (w *wire) WriteHeader(status int) {
	w.once.Do(func() {
		w.status, w.sent = status, w.header.Clone()
		close(w.begun)
	})
}

func (w *wire) Write(p []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.body.Write(p)
}

// Flush does nothing: whatever is written has been read.
func (w *wire) Flush() {}

// hanging is a body that ends with its call's context.
type hanging struct {
	*io.PipeReader
	r      *http.Request
	cancel context.CancelFunc
}

func (h *hanging) Read(p []byte) (int, error) {
	n, err := h.PipeReader.Read(p)
	if err != nil && !errors.Is(err, io.EOF) && h.r.Context().Err() != nil {
		err = h.r.Context().Err()
	}
	return n, err
}

// Close hangs up.
func (h *hanging) Close() error {
	h.cancel()
	return h.PipeReader.Close()
}
