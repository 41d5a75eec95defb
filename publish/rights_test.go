package publish_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rs/zerolog"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/mokafka/mokafka/publish"
)

// TestMissingRights: with its rights a role lacks nothing, and of each that is taken
// away exactly that one is named. Whether they are enough to work with, and the
// least, real brokers show: see cmd/mokafka.
func TestMissingRights(t *testing.T) {
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.EnableSASL(), kfake.EnableACLs(),
		kfake.Superuser("PLAIN", "admin", "pw"), kfake.User("PLAIN", "worker", "pw"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	client := func(user string) *kgo.Client {
		opts, err := publish.ClientConfig{
			Brokers: cluster.ListenAddrs(), ClientID: "m", SASLMechanism: "PLAIN", SASLUser: user, SASLPassword: "pw",
		}.Options("test", zerolog.Nop(), nil)
		if err != nil {
			t.Fatal(err)
		}
		c, err := kgo.NewClient(append(opts, kgo.MetadataMinAge(100*time.Millisecond))...)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(c.Close)
		return c
	}
	ctx := within(t, time.Minute)
	admin, worker := kadm.NewClient(client("admin")), client("worker")
	at := publish.Installation{
		Topics: publish.TopicConfig{Prefix: "moka", Partitions: 2, Replication: 1}, OrgID: "acme", ConsumerGroup: "payroll*",
	}
	if _, err := publish.Apply(ctx, admin, publish.Catalogue(at.Topics), publish.ApplyOptions{}); err != nil {
		t.Fatal(err)
	}
	for _, role := range publish.Roles() {
		// kfake looks at rights on groups only where it looks for their coordinator.
		rights := slices.DeleteFunc(at.Rights(role), func(r publish.Right) bool { return r.Resource == publish.ResourceGroup })
		missing := func() []publish.Right {
			t.Helper()
			got, err := publish.MissingRights(ctx, worker, at.Topics, rights)
			if err != nil {
				t.Fatal(err)
			}
			return got
		}
		if diff := cmp.Diff(rights, missing()); diff != "" {
			t.Errorf("%s, without any (-want +got):\n%s", role, diff)
		}
		for _, r := range rights {
			grant(ctx, t, admin, r)
		}
		if got := missing(); len(got) != 0 {
			t.Errorf("%s lacks %v", role, got)
		}
		for _, r := range rights {
			revoke(ctx, t, admin, r)
			if diff := cmp.Diff([]publish.Right{r}, missing()); diff != "" {
				t.Errorf("%s without %s (-want +got):\n%s", role, r, diff)
			}
			grant(ctx, t, admin, r)
		}
		for _, r := range rights {
			revoke(ctx, t, admin, r)
		}
	}
}

// TestRightsAreTheLeast: nobody but an operator gets rights over what is not named.
func TestRightsAreTheLeast(t *testing.T) {
	at := publish.Installation{Topics: publish.TopicConfig{Prefix: "moka", Partitions: 2, Replication: 1}, OrgID: "acme", ConsumerGroup: "payroll"}
	for _, role := range publish.Roles() {
		seen := map[string]bool{}
		for _, r := range at.Rights(role) {
			if seen[r.String()] {
				t.Errorf("%s: %s is there twice", role, r)
			}
			seen[r.String()] = true
			if r.Name == "" || r.Why == "" || !strings.HasPrefix(r.Name, "moka") && r.Name != "payroll" {
				t.Errorf("%s: %+v", role, r)
			}
			if r.Prefixed && role != publish.RoleOperator && r.Resource != publish.ResourceTransactional {
				t.Errorf("%s: %s is about more than it has to", role, r)
			}
		}
	}
}

func builder(t *testing.T, r publish.Right) *kadm.ACLBuilder {
	t.Helper()
	op, err := kmsg.ParseACLOperation(r.Operation)
	if err != nil {
		t.Fatal(err)
	}
	pattern := kadm.ACLPatternLiteral
	if r.Prefixed {
		pattern = kadm.ACLPatternPrefixed
	}
	b := kadm.NewACLs().Allow("User:worker").AllowHosts("*").Operations(op).ResourcePatternType(pattern)
	switch r.Resource {
	case publish.ResourceTopic:
		return b.Topics(r.Name)
	case publish.ResourceGroup:
		return b.Groups(r.Name)
	default:
		return b.TransactionalIDs(r.Name)
	}
}

func grant(ctx context.Context, t *testing.T, admin *kadm.Client, r publish.Right) {
	t.Helper()
	results, err := admin.CreateACLs(ctx, builder(t, r))
	if err != nil || len(results) != 1 || results[0].Err != nil {
		t.Fatalf("grant %s: %v %v", r, results, err)
	}
}

func revoke(ctx context.Context, t *testing.T, admin *kadm.Client, r publish.Right) {
	t.Helper()
	results, err := admin.DeleteACLs(ctx, builder(t, r))
	if err != nil || len(results) != 1 || len(results[0].Deleted) != 1 {
		t.Fatalf("revoke %s: %v %v", r, results, err)
	}
}
