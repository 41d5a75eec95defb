package site

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"

	"github.com/mokafka/mokafka/publish"
)

// Org is the organisation of all sites.
const Org = "demo"

// Kafka is where the topics are.
type Kafka struct {
	Brokers    []string
	Prefix     string
	Registry   string // its URL
	Partitions int
}

// Topics are the names of its topics.
func (k Kafka) Topics() publish.Topics { return publish.NewTopics(k.Prefix) }

// Group is that of derive.
func (k Kafka) Group() string { return k.Prefix + "-derive" }

// Env is what the program wants to know of it: three copies of all where there are
// three brokers.
func (k Kafka) Env() []string {
	replication := 1
	if len(k.Brokers) >= 3 {
		replication = 3
	}
	return []string{
		"KAFKA_BROKERS=" + strings.Join(k.Brokers, ","), "KAFKA_TOPIC_PREFIX=" + k.Prefix,
		"KAFKA_TOPIC_PARTITIONS=" + strconv.Itoa(k.Partitions), "KAFKA_TOPIC_REPLICATION=" + strconv.Itoa(replication),
		"SCHEMA_REGISTRY_URL=" + k.Registry, "MOKA_ORG_ID=" + Org,
		"DERIVE_GROUP=" + k.Group(), "DERIVE_TRANSACTION_TIMEOUT=10s", "DERIVE_SESSION_TIMEOUT=6s", "POLL_SESSION_TIMEOUT=6s",
		"POLL_TRANSACTION_TIMEOUT=10s",
	}
}

// Prepare makes the topics and registers the schemas of a program.
func (k Kafka) Prepare(ctx context.Context, program string) error {
	for _, args := range [][]string{{"topics", "apply"}, {"schemas", "register"}} {
		if _, err := Run(ctx, program, k.Env(), args...); err != nil {
			return err
		}
	}
	return nil
}

// Run runs a command of the program with env over this process's environment, to
// its end, and returns what it wrote to standard output.
func Run(ctx context.Context, program string, env []string, args ...string) (string, error) {
	var out, complaint bytes.Buffer
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Env, cmd.Stdout, cmd.Stderr = append(os.Environ(), env...), &out, &complaint
	if err := cmd.Run(); err != nil {
		return out.String(), fmt.Errorf("mokafka %s: %w\n%s%s", strings.Join(args, " "), err, out.String(), complaint.String())
	}
	return out.String(), nil
}
