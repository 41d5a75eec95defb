package peers

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/mokafka/mokafka/internal/bench/installation"
	"github.com/mokafka/mokafka/internal/bench/process"
	"github.com/mokafka/mokafka/internal/bench/sample"
)

// Floor runs a server that verifies and produces until ctx is done.
func Floor(ctx context.Context, child *process.Child, in *installation.Installation) error {
	client, err := in.Client("floor", prometheus.NewRegistry(), JournalConfig().Options(in.Topics)...)
	if err != nil {
		return err
	}
	defer client.Close()
	return serve(ctx, child, handler(func(sign string, body []byte) error {
		done := make(chan error, 1)
		// The signature as the key spreads the records over the partitions as
		// applications do, and is at hand.
		client.TryProduce(context.Background(), &kgo.Record{Topic: in.Topics.Journal(), Key: []byte(sign), Value: body},
			func(_ *kgo.Record, err error) { done <- err })
		return <-done
	}))
}

// Bare runs a server that verifies until ctx is done.
func Bare(ctx context.Context, child *process.Child) error {
	return serve(ctx, child, handler(func(string, []byte) error { return nil }))
}

// handler verifies a request, keeps it, and answers.
func handler(keep func(sign string, body []byte) error) http.HandlerFunc {
	answer := []byte(`{"code":200,"msg":"success"}`)
	return func(w http.ResponseWriter, r *http.Request) {
		body := make([]byte, max(r.ContentLength, 0))
		if _, err := io.ReadFull(r.Body, body); err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		sign := r.URL.Query().Get("sign")
		mac := hmac.New(sha256.New, []byte(sample.SigningKey))
		mac.Write(body)
		if got, err := hex.DecodeString(sign); err != nil || !hmac.Equal(got, mac.Sum(nil)) {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		if err := keep(sign, body); err != nil {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(answer) // the client is gone: it will notice itself
	}
}
