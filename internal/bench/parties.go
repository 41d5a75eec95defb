package main

import (
	"context"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"

	"github.com/mokafka/mokafka/internal/bench/installation"
	"github.com/mokafka/mokafka/internal/bench/intake"
	"github.com/mokafka/mokafka/internal/bench/peers"
	"github.com/mokafka/mokafka/internal/bench/process"
	"github.com/mokafka/mokafka/internal/bench/sample"
)

// ours is how our door is called in the report.
const ours = "mokafka: door + journal"

func newSource() (*sample.Signed, error) { return sample.NewSigned(time.Now()) }

// startParties starts all servers to be measured. missing says what is left out
// and why, "" if nothing is. Call stop whatever came of it.
func (b *bench) startParties(ctx context.Context, broker *process.Process, admin *kadm.Client) (parties []intake.Party, missing string, stop func(), err error) {
	stop = func() {
		for _, p := range parties {
			if err := p.Process.Stop(); err != nil {
				b.progress(err.Error())
			}
		}
	}
	add := func(name, topic string, p *process.Process, err error) error {
		if err == nil {
			parties = append(parties, intake.Party{Name: name, Process: p, Topic: topic})
		}
		return err
	}
	for _, its := range []struct{ name, role string }{{ours, roleDoor}, {"floor: verify, produce", roleFloor}} {
		topic, err := b.journal(ctx, broker.Ready(), its.role, admin)
		if err != nil {
			return parties, "", stop, err
		}
		p, err := b.launch(ctx, its.role, "broker="+broker.Ready(), "prefix="+its.role)
		if err := add(its.name, topic, p, err); err != nil {
			return parties, "", stop, err
		}
	}
	p, err := b.launch(ctx, roleBare)
	if err := add("verify alone, no Kafka", "", p, err); err != nil {
		return parties, "", stop, err
	}
	b.progress("installing the Node service")
	node, err := peers.InstallNode(ctx, b.node)
	if err != nil {
		return parties, fmt.Sprintf("The hand-written Node service is left out: %v.", err), stop, nil
	}
	topic, err := b.journal(ctx, broker.Ready(), "node", admin)
	if err != nil {
		return parties, "", stop, err
	}
	p, err = process.Start(ctx, "the Node service", b.stderr, node.Command(ctx, broker.Ready(), topic))
	return parties, "", stop, add("Node: fastify, avsc, kafkajs", topic, p, err)
}

// journal makes topics with a prefix, and returns the one to produce to.
func (b *bench) journal(ctx context.Context, broker, prefix string, admin *kadm.Client) (string, error) {
	i, err := installation.New(installation.Config{Broker: broker, Prefix: prefix, Log: b.stderr})
	if err != nil {
		return "", err
	}
	return i.Topics.Journal(), i.Create(ctx, admin)
}
