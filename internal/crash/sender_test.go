package crash_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"sync/atomic"
	"time"
)

const signingKey = "crash-signing-key"

// sender presses "Import EHR" for one application again and again, each press
// until it is answered with 2xx.
type sender struct {
	application int
	workers     []*worker
	client      *http.Client
	presses     *atomic.Int64
	refusals    *atomic.Int64

	acked int // presses answered with 2xx
}

func (s *sender) run(ctx context.Context) {
	for n := 0; ; n++ {
		body := fmt.Appendf(nil, `{"id":"press-%d-%d","event":"pushCandidate","triggeredAt":%d,"data":{"applicationId":%d,"candidateId":%d,"name":"v%d"}}`,
			s.application, n, 1_700_000_000+n, s.application, s.application, n)
		for try := 0; ; try++ {
			if ctx.Err() != nil {
				return // this press may or may not have arrived
			}
			// The first attempts of all presses go to one replica, so that an
			// unclear one is repeated at the other.
			if s.post(ctx, s.workers[(s.application+try)%len(s.workers)], body) {
				break
			}
			s.refusals.Add(1)
			select {
			case <-ctx.Done():
			case <-time.After(20 * time.Millisecond):
			}
		}
		s.acked = n + 1
		s.presses.Add(1)
	}
}

func (s *sender) post(ctx context.Context, w *worker, body []byte) bool {
	mac := hmac.New(sha256.New, []byte(signingKey))
	mac.Write(body)
	url := "http://" + w.webhook + "/webhooks/moka?sign=" + hex.EncodeToString(mac.Sum(nil))
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return false
	}
	resp, err := s.client.Do(req)
	if err != nil {
		return false
	}
	_, _ = io.Copy(io.Discard, resp.Body)
	_ = resp.Body.Close()
	return resp.StatusCode >= 200 && resp.StatusCode < 300
}
