package peers

import (
	"context"
	"crypto/rand"
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/mokafka/mokafka/ingest/webhook"
	"github.com/mokafka/mokafka/internal/bench/installation"
	"github.com/mokafka/mokafka/internal/bench/process"
	"github.com/mokafka/mokafka/internal/bench/sample"
	"github.com/mokafka/mokafka/publish"
)

// DoorConfig is the door's configuration: its defaults, on a free loopback port.
func DoorConfig() webhook.Config {
	return webhook.Config{
		Addr: "127.0.0.1:0", SigningKeys: []string{sample.SigningKey}, TLS: webhook.TLSOff,
		MaxBody: 10 << 20, MaxInFlight: 1024, MaxInFlightBytes: 256 << 20, MaxHeader: 16 << 10,
		HeaderTimeout: 5 * time.Second, ReadTimeout: 15 * time.Second, WriteTimeout: 30 * time.Second,
		IdleTimeout: 2 * time.Minute, AnswerTimeout: 4500 * time.Millisecond, DrainTimeout: 10 * time.Second,
		SOAPBearer: "any", ZhirenTonce: 30 * time.Second,
	}
}

// JournalConfig is the journal's configuration: its defaults.
func JournalConfig() publish.JournalConfig {
	return publish.JournalConfig{Timeout: 4 * time.Second, BufferRecords: 10_000, BufferBytes: 64 << 20}
}

// Door runs the webhook door and the journal until ctx is done.
func Door(ctx context.Context, child *process.Child, in *installation.Installation) error {
	reg := prometheus.NewRegistry()
	cfg := JournalConfig()
	client, err := in.Client("journal", reg, cfg.Options(in.Topics)...)
	if err != nil {
		return err
	}
	defer client.Close()
	journal, err := publish.NewJournal(cfg, client, in.Records, time.Now, reg)
	if err != nil {
		return err
	}
	letters, err := publish.NewDeadLetters(publish.DeadLetterDeps{
		Client: client, Records: in.Records, Timeout: cfg.Timeout, Now: time.Now, NewID: rand.Text, Registerer: reg,
	})
	if err != nil {
		return err
	}
	door, err := webhook.New(DoorConfig(), webhook.Deps{
		OrgID: installation.Org, Journal: journal, DeadLetters: letters, Log: in.Log, Metrics: reg,
	})
	if err != nil {
		return err
	}
	ran := make(chan error, 1)
	go func() { ran <- door.Run(ctx) }()
	select {
	case err := <-ran:
		return err
	case <-door.Ready():
	}
	return errors.Join(child.Ready(door.Addr().String()), <-ran)
}
