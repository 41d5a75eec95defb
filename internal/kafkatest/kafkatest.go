// Package kafkatest gives a test a Kafka cluster. Which one is the environment's
// choice, so that the same test runs everywhere:
//
//   - KAFKA_BROKERS (host:port,…): the cluster that is there. Tests of several
//     processes share it, each under its own Prefix. KAFKA_CONTROL is the
//     absolute path of a program that takes its brokers away and brings them
//     back, called as `$KAFKA_CONTROL stop|kill|start NODE`; it waits until the
//     broker is gone, or accepts connections, and is content when that is so
//     already.
//   - KAFKA_CONTAINER=1: one broker in a container of its own for each test,
//     from KAFKA_IMAGE (default: the Apache image). The container engine is
//     found as testcontainers finds it.
//   - otherwise the embedded broker, which needs nothing and forgets everything.
//
// MOKAFKA_REQUIRE_REAL=1 and MOKAFKA_REQUIRE_CONTAINER=1 turn what would be
// skipped, or would run on the embedded broker unasked, into a failure.
//
// Everything started for a test is gone when it ends, and on a shared cluster
// the topics under its Prefix are deleted.
package kafkatest

import (
	"crypto/rand"
	"encoding/hex"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/mokafka/mokafka/internal/kafkatest/embedded"
)

// patience bounds each thing done to a cluster. A real broker takes seconds to
// start on a busy machine.
const patience = 90 * time.Second

// Cluster is a running Kafka for one test.
type Cluster struct {
	// Brokers are the addresses to start from, as host:port.
	Brokers []string

	t        testing.TB
	prefix   string
	real     bool
	embedded *embedded.Broker
	control  *control // nil where brokers can't be taken away
}

type settings struct {
	brokers      int
	dataDir      string
	embeddedOnly bool
	realOnly     bool
	restartable  bool
}

// Option says what a test needs of its cluster.
type Option func(*settings)

// Brokers asks for at least n brokers. The container has one, so there the test
// is skipped.
func Brokers(n int) Option { return func(s *settings) { s.brokers = n } }

// Embedded asks for the embedded broker wherever the test runs: for faults only
// kfake can be told to make.
func Embedded() Option { return func(s *settings) { s.embeddedOnly = true } }

// DataDir keeps the embedded broker's data in dir, so that a second Start finds
// it. It implies Embedded.
func DataDir(dir string) Option {
	return func(s *settings) { s.dataDir, s.embeddedOnly = dir, true }
}

// Real asks for Apache Kafka: the test is skipped on the embedded broker.
func Real() Option { return func(s *settings) { s.realOnly = true } }

// Restartable asks for brokers that can be taken away; where they can't, the
// test is skipped.
func Restartable() Option { return func(s *settings) { s.restartable = true } }

// Start gives t a cluster that accepts connections, or skips or fails t. It
// ends with the test; clients made by Client are closed before.
func Start(t testing.TB, opts ...Option) *Cluster {
	t.Helper()
	s := settings{brokers: 1}
	for _, opt := range opts {
		opt(&s)
	}
	c := &Cluster{t: t, prefix: newPrefix(t.Name())}
	brokers, container := os.Getenv("KAFKA_BROKERS"), os.Getenv("KAFKA_CONTAINER") == "1"
	switch {
	case s.embeddedOnly:
		c.startEmbedded(s)
	case brokers != "" && os.Getenv("MOKAFKA_REQUIRE_CONTAINER") == "1":
		t.Fatal("MOKAFKA_REQUIRE_CONTAINER=1, but KAFKA_BROKERS names another cluster: unset one of them")
	case brokers != "":
		c.useShared(s, strings.Split(brokers, ","))
	case container:
		c.startContainer(s)
	case required():
		t.Fatal("a real Kafka is required, but neither KAFKA_BROKERS nor KAFKA_CONTAINER=1 is set")
	case s.realOnly:
		t.Skip("needs a real Kafka: set KAFKA_BROKERS=host:port,… or KAFKA_CONTAINER=1")
	default:
		c.startEmbedded(s)
	}
	t.Logf("kafkatest: real=%t brokers=%s prefix=%s", c.real, strings.Join(c.Brokers, ","), c.prefix)
	return c
}

func (c *Cluster) startEmbedded(s settings) {
	c.t.Helper()
	b, err := embedded.Start(embedded.Config{Brokers: s.brokers, DataDir: s.dataDir, Fast: true})
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(b.Close)
	c.Brokers, c.embedded, c.control = b.Addrs(), b, embeddedControl(b)
}

// IsReal reports whether this is Apache Kafka and not the embedded broker.
func (c *Cluster) IsReal() bool { return c.real }

// Embedded is the embedded broker, for its fault controls; nil if IsReal.
func (c *Cluster) Embedded() *embedded.Broker { return c.embedded }

// Prefix is the test's own: lower-case letters, digits and hyphens, different
// in every call of Start. Topics, groups and transactional ids on a shared
// cluster begin with it.
func (c *Cluster) Prefix() string { return c.prefix }

// Client returns a client of the cluster, closed when the test ends. It looks
// for new leaders ten times a second and waits at most a quarter of a second in
// a fetch; opts come after these.
func (c *Cluster) Client(opts ...kgo.Opt) *kgo.Client {
	c.t.Helper()
	cl, err := c.newClient(opts...)
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(cl.Close)
	return cl
}

func (c *Cluster) newClient(opts ...kgo.Opt) (*kgo.Client, error) {
	return kgo.NewClient(append([]kgo.Opt{
		kgo.SeedBrokers(c.Brokers...),
		kgo.MetadataMinAge(100 * time.Millisecond),
		kgo.FetchMaxWait(250 * time.Millisecond),
	}, opts...)...)
}

func newPrefix(test string) string {
	id := make([]byte, 5)
	_, _ = rand.Read(id) // never fails
	name := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			return r
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		}
		return '-'
	}, strings.TrimPrefix(test, "Test"))
	return "t" + hex.EncodeToString(id) + "-" + strings.Trim(name[:min(len(name), 24)], "-")
}
