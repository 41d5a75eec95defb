package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/mokafka/mokafka/internal/checkpoint"
	"github.com/mokafka/mokafka/internal/mokasim/api"
	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
)

// organisation is what commands need that work on one organisation's topics.
type organisation struct {
	connection
	Moka  account
	Group pollGroup
}

// pollGroup names the consumer group of those who poll.
type pollGroup struct {
	Name string `env:"POLL_GROUP"`
}

// rooms lists the parts, for environment.read.
func (o *organisation) rooms() []any {
	return []any{&o.Moka, &o.Kafka, &o.Topics, &o.Registry, &o.Group}
}

// devOrganisation has commands that talk to a Kafka on this machine take dev's
// organisation and its simulator, unless they are told of others.
func (f *connectionFlags) devOrganisation(e environment) environment {
	brokers, _ := e.nonEmpty("KAFKA_BROKERS")
	for broker := range strings.SplitSeq(cmp.Or(f.brokers, brokers, devKafkaAddr), ",") {
		host, _, err := net.SplitHostPort(strings.TrimSpace(broker))
		if err != nil || host != "localhost" && !net.ParseIP(host).IsLoopback() {
			return e
		}
	}
	e.defaults["MOKA_ORG_ID"] = devOrg
	for _, name := range []string{"MOKA_BASE_URL", "MOKA_API_KEY", "MOKA_API_KEY" + fileSuffix, "MOKA_CLIENT_ID"} {
		if _, set := e.nonEmpty(name); set {
			return e
		}
	}
	e.defaults["MOKA_BASE_URL"], e.defaults["MOKA_API_KEY"] = "http://"+devSimAddr+api.Prefix, devAPIKey
	return e
}

// desk reads and writes the checkpoints of an organisation. Close its client.
type desk struct {
	client *kgo.Client
	table  checkpoint.Table
	group  string
}

// openDesk connects; the schemas must be registered.
func (p *program) openDesk(ctx context.Context, o organisation, timeout time.Duration) (*desk, error) {
	d := &desk{
		table: checkpoint.Table{OrgID: o.Moka.OrgID, Topics: o.Topics.Topics()},
		group: cmp.Or(o.Group.Name, o.Topics.Topics().PollGroup(o.Moka.OrgID)),
	}
	registry, err := o.open(timeout)
	if err != nil {
		return nil, err
	}
	if d.table.Codec, err = schemas.NewCodec(); err != nil {
		return nil, err
	}
	if d.table.Decoder, err = schemas.NewDecoder(registry); err != nil {
		return nil, err
	}
	d.table.Encoder = publish.NewEncoder(d.table.Codec)
	err = schemasFit(ctx, registry, d.table.Encoder, publish.Catalogue(o.Topics), o.Registry.URLs)
	if err != nil {
		return nil, err
	}
	d.table.Records = publish.NewRecords(d.table.Encoder, d.table.Topics, o.Registry.URLs[0])
	d.client, err = o.dial(ctx, timeout, p.quiet(), publish.ProducerOptions(d.table.Topics)...)
	return d, err
}

// list returns the organisation's checkpoints by feed.
func (d *desk) list(ctx context.Context) (map[string]*schemas.Checkpoint, error) {
	all, err := checkpoint.List(ctx, d.client, d.table)
	if err != nil {
		return nil, err
	}
	byFeed := make(map[string]*schemas.Checkpoint, len(all))
	for _, c := range all {
		byFeed[c.Feed] = c
	}
	return byFeed, nil
}

// polled tells whether anybody polls the organisation, or stands by to.
func (d *desk) polled(ctx context.Context) (bool, error) {
	groups, err := kadm.NewClient(d.client).DescribeGroups(ctx, d.group)
	if err == nil {
		err = groups.Error()
	}
	if errors.Is(err, kerr.GroupIDNotFound) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look up the group %s: %w", d.group, err)
	}
	return slices.ContainsFunc(groups.Sorted(), func(g kadm.DescribedGroup) bool { return len(g.Members) > 0 }), nil
}

// nobodyPolls warns that a request will wait.
func (d *desk) nobodyPolls() error {
	return fmt.Errorf("no ingest polls %s at the moment (the group %s has no members): start one, with POLL_APPLICATIONS other than off", d.table.OrgID, d.group)
}
