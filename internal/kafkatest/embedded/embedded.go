// Package embedded runs a Kafka cluster inside the process: kfake, which
// speaks the protocol to any client, behind a guard that keeps stray
// connections from taking the process down with them. `mokafka dev` shows it
// to people and the tests run on it; neither has anything to install.
//
// Start returns when the brokers accept connections and Close when their
// ports, connections and files are released. The brokers listen on loopback
// only: there is no authentication. Without a data directory everything is
// kept in memory and forgotten at Close. With one, topics, records, groups and
// configs are found again by the next Start, also after the process was
// killed, and a second process is refused the directory.
//
// It is more lenient than Apache Kafka (unknown topic configs, keyless records
// in a compacted topic, min.insync.replicas above the number of brokers), so a
// test that passes here has to pass on a real cluster too.
package embedded

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync"

	"github.com/rs/zerolog"
	"github.com/twmb/franz-go/pkg/kfake"
)

// DefaultAddr has the operating system choose a free port.
const DefaultAddr = "127.0.0.1:0"

// Config says what to start. The zero value is one broker in memory on a free
// port.
type Config struct {
	// Addr is the first broker's host and port; the host must be loopback.
	// Empty means DefaultAddr. With a fixed port, further brokers take the
	// ports after it.
	Addr string

	// Brokers is how many to start; 0 means 1. Their ids count from 0, and
	// the highest is the controller.
	Brokers int

	// DataDir keeps everything across restarts; it is created if missing.
	// Empty means memory: a restart then gives topics new ids, so clients
	// that outlive it fail with UNKNOWN_TOPIC_ID.
	DataDir string

	// Fast shortens the cluster's own periods for tests: group sessions may
	// be as short as 250 ms, and cleaning runs every second instead of every
	// half minute.
	Fast bool

	// Logger gets one line for each connection the guard refuses and for
	// each error of the cluster. The zero Logger discards them.
	Logger zerolog.Logger
}

// Validate reports every fault at once, naming the fields.
func (c Config) Validate() error {
	var errs []error
	host, port, err := net.SplitHostPort(c.addr())
	if err != nil {
		errs = append(errs, fmt.Errorf("Addr: %w", err))
	} else {
		if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
			errs = append(errs, fmt.Errorf("Addr: %q is not a loopback address, and the broker has no authentication", host))
		}
		if p, err := strconv.ParseUint(port, 10, 16); err != nil {
			errs = append(errs, fmt.Errorf("Addr: port %q is not a number up to 65535", port))
		} else if p > 0 && int(p)+c.brokers()-1 > 65535 {
			errs = append(errs, fmt.Errorf("Addr: no %d ports from %d on", c.brokers(), p))
		}
	}
	if c.Brokers < 0 || c.Brokers > 16 {
		errs = append(errs, fmt.Errorf("Brokers: %d is not between 1 and 16", c.Brokers))
	}
	return errors.Join(errs...)
}

func (c Config) addr() string {
	if c.Addr == "" {
		return DefaultAddr
	}
	return c.Addr
}

func (c Config) brokers() int { return max(c.Brokers, 1) }

// Broker is a running cluster. Its methods may be called concurrently.
type Broker struct {
	cluster *kfake.Cluster
	net     *network
	lock    *dirLock
	ports   []int // by node id
	close   sync.Once
}

// Start starts the cluster and returns once every broker is listening. It
// fails if cfg is invalid, a port is taken, or the data directory is in use by
// another process or not readable as one.
func Start(cfg Config) (*Broker, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("start embedded Kafka: %w", err)
	}
	host, port, err := splitAddr(cfg.addr())
	if err != nil {
		return nil, fmt.Errorf("start embedded Kafka: %w", err)
	}
	b := &Broker{net: newNetwork(host, cfg.Logger)}
	opts := append(settings(cfg), kfake.ListenFn(b.net.listen), kfake.Ports(portsFrom(port, cfg.brokers())...))
	if cfg.DataDir != "" {
		if err := os.MkdirAll(cfg.DataDir, 0o700); err != nil {
			return nil, fmt.Errorf("start embedded Kafka: create the data directory: %w", err)
		}
		if b.lock, err = lockDir(cfg.DataDir); err != nil {
			return nil, fmt.Errorf("start embedded Kafka: %w", err)
		}
		opts = append(opts, kfake.DataDir(filepath.Join(cfg.DataDir, "cluster")))
	}
	if b.cluster, err = kfake.NewCluster(opts...); err != nil {
		return nil, errors.Join(fmt.Errorf("start embedded Kafka: %w", err), b.lock.release())
	}
	for _, addr := range b.cluster.ListenAddrs() {
		_, port, err := splitAddr(addr)
		if err != nil {
			b.Close()
			return nil, fmt.Errorf("start embedded Kafka: %w", err)
		}
		b.ports = append(b.ports, port)
	}
	return b, nil
}

// Addrs returns the brokers' addresses as host:port, in the order of their
// ids, including those of stopped nodes. They do not change.
func (b *Broker) Addrs() []string {
	addrs := make([]string, 0, len(b.ports))
	for _, port := range b.ports {
		addrs = append(addrs, net.JoinHostPort(b.net.host, strconv.Itoa(port)))
	}
	return addrs
}

// Cluster gives access to kfake's own controls: Fault, ControlKey, Compact,
// MoveTopicPartition and the like. Do not Close it; close the Broker.
func (b *Broker) Cluster() *kfake.Cluster { return b.cluster }

// Close cuts all connections, writes what is to be kept and frees the ports
// and the data directory. Close the clients first: they take seconds to give
// up on a broker that is gone. A second Close does nothing.
func (b *Broker) Close() {
	b.close.Do(func() {
		b.cluster.Close()
		b.net.closeAll()
		if err := b.lock.release(); err != nil {
			b.net.log.Error().Err(err).Msg("embedded Kafka could not release its data directory")
		}
	})
}

// settings are the broker configs that differ from kfake's defaults: heartbeats of
// the new group protocol come every 5 s, which is how long a rebalance would take.
//
// Its cleaner stays at once an hour. It cleans beyond the last stable offset: a
// record of a transaction that is open takes away the committed one before it,
// and when the transaction is aborted, both are gone. Kafka's does not. Whoever
// wants a topic cleaned calls Cluster().Compact, with no transaction open.
func settings(cfg Config) []kfake.Opt {
	configs := map[string]string{
		"group.consumer.heartbeat.interval.ms": "200",
	}
	opts := []kfake.Opt{kfake.WithLogger(clusterLog{cfg.Logger})}
	if cfg.Fast {
		configs["group.min.session.timeout.ms"] = "250"
	}
	return append(opts, kfake.BrokerConfigs(configs))
}

// clusterLog hands kfake's warnings and errors to the logger. The rest is a
// line for each request.
type clusterLog struct{ log zerolog.Logger }

func (l clusterLog) Logf(level kfake.LogLevel, msg string, args ...any) {
	switch level {
	case kfake.LogLevelError:
		l.log.Error().Msgf("embedded Kafka: "+msg, args...)
	case kfake.LogLevelWarn:
		l.log.Warn().Msgf("embedded Kafka: "+msg, args...)
	}
}

func splitAddr(addr string) (host string, port int, err error) {
	host, p, err := net.SplitHostPort(addr)
	if err != nil {
		return "", 0, err
	}
	port, err = strconv.Atoi(p)
	return host, port, err
}

func portsFrom(first, n int) []int {
	ports := make([]int, n)
	if first > 0 {
		for i := range ports {
			ports[i] = first + i
		}
	}
	return ports
}
