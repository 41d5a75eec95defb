// Package peers are the parties of the intake measurement, each a process of its
// own that serves POST /webhooks/moka?sign=… on a free loopback port:
//
//   - Door: ours, the webhook door with the journal behind it, as the ingest
//     worker has it;
//   - Floor: verifies the signature and produces the raw bytes through a client
//     with the journal's options, answers when they are acknowledged, and does
//     nothing else: what Door would be if all it does besides were free;
//   - Bare: verifies and answers, without Kafka;
//   - Node: a service as a team would write it by hand (node/server.js).
//
// Broker is what the first two and the last produce to.
package peers

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/rs/zerolog"

	"github.com/mokafka/mokafka/internal/bench/process"
	"github.com/mokafka/mokafka/internal/kafkatest/embedded"
)

// Broker runs the embedded broker, in memory, until ctx is done.
func Broker(ctx context.Context, child *process.Child, log zerolog.Logger) error {
	broker, err := embedded.Start(embedded.Config{Logger: log})
	if err != nil {
		return err
	}
	defer broker.Close()
	if err := child.Ready(broker.Addrs()[0]); err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}

// serve serves h until ctx is done.
func serve(ctx context.Context, child *process.Child, h http.Handler) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	server := &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	if err := child.Ready(listener.Addr().String()); err != nil {
		return errors.Join(err, server.Close())
	}
	<-ctx.Done()
	err = server.Close()
	if ended := <-served; !errors.Is(ended, http.ErrServerClosed) {
		err = errors.Join(err, ended)
	}
	return err
}
