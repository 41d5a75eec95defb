package kafkatest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strconv"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/network"
	"github.com/testcontainers/testcontainers-go"
	"github.com/testcontainers/testcontainers-go/log"
)

// defaultImage is Apache's own image of the Kafka that the tests know.
const defaultImage = "apache/kafka:4.4.0"

// startContainer gives the test a broker in a container. Like useShared's it is
// Apache Kafka, and like the embedded one the test has it for itself.
func (c *Cluster) startContainer(s settings) {
	c.t.Helper()
	if s.brokers > 1 {
		c.t.Skipf("needs %d brokers, and the container has one", s.brokers)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute) // it may pull the image
	defer cancel()
	ctr, port, err := runBroker(ctx, log.TestLogger(c.t))
	if ctr != nil {
		testcontainers.CleanupContainer(c.t, ctr, testcontainers.StopTimeout(0))
	}
	if err != nil {
		skip(c.t, "MOKAFKA_REQUIRE_CONTAINER", fmt.Sprintf("no Kafka in a container: %v", err))
	}
	c.Brokers, c.real = []string{net.JoinHostPort("127.0.0.1", strconv.Itoa(port))}, true
	if _, err := c.awaitBrokers(1); err != nil {
		c.t.Fatalf("the container's broker does not answer: %v", err)
	}
	c.control = containerControl(ctr, c.awaitReplicas)
}

// runBroker starts one broker on a loopback port. A broker tells its clients
// where it is, so the port is chosen before the container is made; should
// another process take it meanwhile, the next try chooses another.
func runBroker(ctx context.Context, logger log.Logger) (ctr *testcontainers.DockerContainer, port int, err error) {
	image := os.Getenv("KAFKA_IMAGE")
	if image == "" {
		image = defaultImage
	}
	for range 3 {
		if port, err = freePort(); err != nil {
			return nil, 0, err
		}
		ctr, err = testcontainers.Run(ctx, image,
			testcontainers.WithLogger(logger),
			testcontainers.WithEnv(brokerEnv(port)),
			testcontainers.WithExposedPorts("9092/tcp"),
			testcontainers.WithHostConfigModifier(func(h *container.HostConfig) {
				h.PortBindings = network.PortMap{
					network.MustParsePort("9092/tcp"): {{
						HostIP:   netip.AddrFrom4([4]byte{127, 0, 0, 1}),
						HostPort: strconv.Itoa(port),
					}},
				}
			}))
		if err == nil || ctr == nil {
			return ctr, port, err
		}
		err = errors.Join(err, testcontainers.TerminateContainer(ctr))
	}
	return nil, 0, err
}

// brokerEnv configures a broker of one's own the way Apache's image is
// configured: KAFKA_SOME_NAME sets some.name. The broker talks to itself, to
// commit transactions, by a listener of its own: from inside the container the
// address for clients leads nowhere.
func brokerEnv(port int) map[string]string {
	return map[string]string{
		"KAFKA_NODE_ID":                                  "1",
		"KAFKA_PROCESS_ROLES":                            "broker,controller",
		"KAFKA_LISTENERS":                                "PLAINTEXT://0.0.0.0:9092,INTERNAL://127.0.0.1:9094,CONTROLLER://127.0.0.1:9093",
		"KAFKA_ADVERTISED_LISTENERS":                     "PLAINTEXT://127.0.0.1:" + strconv.Itoa(port) + ",INTERNAL://127.0.0.1:9094",
		"KAFKA_INTER_BROKER_LISTENER_NAME":               "INTERNAL",
		"KAFKA_CONTROLLER_LISTENER_NAMES":                "CONTROLLER",
		"KAFKA_CONTROLLER_QUORUM_VOTERS":                 "1@127.0.0.1:9093",
		"KAFKA_LISTENER_SECURITY_PROTOCOL_MAP":           "PLAINTEXT:PLAINTEXT,INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT",
		"KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR":         "1",
		"KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR": "1",
		"KAFKA_TRANSACTION_STATE_LOG_MIN_ISR":            "1",
		"KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS":         "0",
		"KAFKA_AUTO_CREATE_TOPICS_ENABLE":                "false",
		"KAFKA_HEAP_OPTS":                                "-Xms256m -Xmx512m",
	}
}

func containerControl(ctr *testcontainers.DockerContainer, ready func() error) *control {
	bounded := func(do func(context.Context) error) func() error {
		return func() error {
			ctx, cancel := context.WithTimeout(context.Background(), patience)
			defer cancel()
			return do(ctx)
		}
	}
	return &control{
		stopped: make(map[int32]bool),
		do: func(verb string, node int32) error {
			return fmt.Errorf("%s broker %d: it is the only one; use Outage", verb, node)
		},
		cut: bounded(func(ctx context.Context) error {
			var atOnce time.Duration
			return ctr.Stop(ctx, &atOnce)
		}),
		mend:  bounded(ctr.Start),
		ready: ready,
	}
}

func freePort() (int, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("find a free port: %w", err)
	}
	defer ln.Close()
	return ln.Addr().(*net.TCPAddr).Port, nil
}
