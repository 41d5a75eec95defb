package commands

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/mokafka/mokafka/internal/bench/installation"
	"github.com/mokafka/mokafka/schemas"
)

// loop measures the loop that a team would write: consume, PUT, commit.
func (b Bench) loop(ctx context.Context, cfg Config, prefix string, latency time.Duration) (rate float64, err error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	in, drop, err := b.install(ctx, prefix)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, drop()) }()
	n := max(3, int(cfg.Length/max(latency, 2*time.Millisecond)))
	if err := send(ctx, in, n, n); err != nil {
		return 0, err
	}
	m, err := startMoka(ctx, latency, n)
	if err != nil {
		return 0, err
	}
	defer m.stop()
	client, err := in.Client("plain", prometheus.NewRegistry(), kgo.ConsumerGroup(prefix), kgo.ConsumeTopics(in.Topics.Commands()),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.DisableAutoCommit())
	if err != nil {
		return 0, err
	}
	defer client.Close()
	p := putter{in: in, kafka: client, http: &http.Client{Transport: &http.Transport{}}, url: m.url}
	defer p.http.CloseIdleConnections()
	for done := 0; done < n; {
		fetches := client.PollFetches(ctx)
		if err := fetches.Err(); err != nil {
			return 0, fmt.Errorf("consume commands: %w", err)
		}
		for _, rec := range fetches.Records() {
			if err := p.put(ctx, rec); err != nil {
				return 0, err
			}
			done++
		}
	}
	return m.rate(ctx)
}

type putter struct {
	in    *installation.Installation
	kafka *kgo.Client
	http  *http.Client
	url   string
}

func (p putter) put(ctx context.Context, rec *kgo.Record) error {
	v, err := ownOnly{p.in}.Decode(ctx, rec.Value)
	if err != nil {
		return err
	}
	c, ok := v.(*schemas.WritebackCommand)
	if !ok {
		return fmt.Errorf("a command is a %T", v)
	}
	query := url.Values{
		"applicationId": {strconv.FormatInt(*c.ApplicationID, 10)}, "stageId": {strconv.FormatInt(*c.MoveStage.StageID, 10)},
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPut, p.url+"/api-platform/v1/applications/move_application_stage?"+query.Encode(), nil)
	if err != nil {
		return fmt.Errorf("move an application: %w", err)
	}
	resp, err := p.http.Do(req)
	if err != nil {
		return fmt.Errorf("move an application: %w", err)
	}
	_, err = io.Copy(io.Discard, resp.Body)
	if err = errors.Join(err, resp.Body.Close()); err != nil || resp.StatusCode != http.StatusOK {
		return errors.Join(fmt.Errorf("move an application: HTTP %d", resp.StatusCode), err)
	}
	if err := p.kafka.CommitRecords(ctx, rec); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}
