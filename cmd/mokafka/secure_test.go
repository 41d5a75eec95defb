package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/mokafka/mokafka/internal/mokasim"
	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas/schemastest"
)

// guarded is an installation on a real broker that refuses what no ACL allows.
type guarded struct {
	t     *testing.T
	env   map[string]string // of everybody, without a login
	admin *kadm.Client
}

// newGuarded needs the broker of `.ci/kafka/secure`, which no other broker stands in
// for.
func newGuarded(t *testing.T) *guarded {
	t.Helper()
	brokers, tlsDir := os.Getenv("KAFKA_SECURE_BROKERS"), os.Getenv("KAFKA_SECURE_TLS")
	if brokers == "" {
		t.Skip("KAFKA_SECURE_BROKERS is not set: needs a real Kafka with TLS, SASL and an authorizer")
	}
	registry := httptest.NewServer(schemastest.New())
	t.Cleanup(registry.Close)
	g := &guarded{t: t, env: map[string]string{
		"KAFKA_BROKERS": brokers, "KAFKA_TLS_ENABLED": "true", "KAFKA_TLS_CA_FILE": filepath.Join(tlsDir, "ca.pem"),
		"KAFKA_TOPIC_PREFIX": "guarded-" + newID()[:8], "KAFKA_TOPIC_PARTITIONS": "2", "KAFKA_TOPIC_REPLICATION": "1",
		"SCHEMA_REGISTRY_URL": registry.URL, "MOKA_ORG_ID": "acme",
	}}
	client := g.client("admin")
	g.admin = kadm.NewClient(client)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		topics, err := g.admin.ListTopics(ctx)
		if err != nil {
			t.Error(err)
			return
		}
		for _, name := range topics.Names() {
			if strings.HasPrefix(name, g.env["KAFKA_TOPIC_PREFIX"]) {
				_, _ = g.admin.DeleteTopics(ctx, name) // the broker goes, too
			}
		}
	})
	return g
}

// as is the console of a user.
func (g *guarded) as(user string, more map[string]string) console {
	env := maps.Clone(g.env)
	env["KAFKA_SASL_MECHANISM"], env["KAFKA_SASL_USER"], env["KAFKA_SASL_PASSWORD"] = "SCRAM-SHA-512", user, user+"-secret"
	maps.Copy(env, more)
	return console{g.t, env}
}

func (g *guarded) client(user string, extra ...kgo.Opt) *kgo.Client {
	g.t.Helper()
	var c connection
	if err := g.as(user, nil).program(nil, nil, nil).environment().read(&c.Kafka); err != nil {
		g.t.Fatal(err)
	}
	client, err := c.dial(g.t.Context(), 20*time.Second, zerolog.Nop(), extra...)
	if err != nil {
		g.t.Fatal(err)
	}
	g.t.Cleanup(client.Close)
	return client
}

// rights are those that "topics acls" lists for a role.
func (g *guarded) rights(role publish.Role, args ...string) []publish.Right {
	g.t.Helper()
	var list []grants
	text := g.as("admin", nil).must(append([]string{"topics", "acls", "--role", string(role), "--format", "json"}, args...)...)
	if err := json.Unmarshal([]byte(text), &list); err != nil || len(list) != 1 {
		g.t.Fatalf("%v: %s", err, text)
	}
	return list[0].Rights
}

func (g *guarded) acl(user string, r publish.Right) *kadm.ACLBuilder {
	g.t.Helper()
	op, err := kmsg.ParseACLOperation(r.Operation)
	if err != nil {
		g.t.Fatal(err)
	}
	pattern := kadm.ACLPatternLiteral
	if r.Prefixed {
		pattern = kadm.ACLPatternPrefixed
	}
	b := kadm.NewACLs().Allow("User:" + user).AllowHosts("*").Operations(op).ResourcePatternType(pattern)
	switch r.Resource {
	case publish.ResourceTopic:
		return b.Topics(r.Name)
	case publish.ResourceGroup:
		return b.Groups(r.Name)
	default:
		return b.TransactionalIDs(r.Name)
	}
}

func (g *guarded) grant(user string, rights ...publish.Right) {
	g.t.Helper()
	for _, r := range rights {
		got, err := g.admin.CreateACLs(g.t.Context(), g.acl(user, r))
		if err != nil || len(got) != 1 || got[0].Err != nil {
			g.t.Fatalf("grant %s: %v %v", r, got, err)
		}
	}
}

func (g *guarded) revoke(user string, r publish.Right) {
	g.t.Helper()
	got, err := g.admin.DeleteACLs(g.t.Context(), g.acl(user, r))
	if err != nil || len(got) != 1 || len(got[0].Deleted) != 1 {
		g.t.Fatalf("revoke %s: %v %v", r, got, err)
	}
}

// lacks are the findings of the doctor about rights.
func (g *guarded) lacks(c console, args ...string) []finding {
	g.t.Helper()
	var report struct{ Checks []finding }
	got := c.run(append([]string{"doctor", "--json"}, args...)...)
	if err := json.Unmarshal([]byte(got.out), &report); err != nil {
		g.t.Fatalf("%v: %+v", err, got)
	}
	var found []finding
	for _, f := range report.Checks {
		if f.Check == "rights" && f.Status != statusRight {
			found = append(found, f)
		}
	}
	return found
}

// TestLeastRights: with the rights that are listed and no others all works; and the
// doctor names each that is taken away, and how to give it back.
func TestLeastRights(t *testing.T) {
	g := newGuarded(t)
	groups := map[publish.Role][]string{publish.RoleConsumer: {"--group", "payroll-*"}}
	rights := map[publish.Role][]publish.Right{}
	for _, role := range publish.Roles() {
		rights[role] = g.rights(role, groups[role]...)
		g.grant(string(role), rights[role]...)
	}
	operator := g.as("operator", nil)
	eventually(t, func() bool { return operator.run("topics", "apply").status == exitDone }, "the operator's rights")
	operator.must("topics", "apply", "--alter")
	operator.must("schemas", "register")

	t.Run("work", g.works)
	for _, role := range publish.Roles() {
		t.Run(string(role), func(t *testing.T) {
			g := &guarded{t, g.env, g.admin}
			args := append([]string{"--role", string(role)}, groups[role]...)
			c := g.as(string(role), map[string]string{
				"WEBHOOK_SIGNING_KEYS": "k", "POLL_APPLICATIONS": "off", "STATE_DIR": t.TempDir(), "WRITEBACK_STATE_DIR": t.TempDir(),
				"WEBHOOK_ADDR": "127.0.0.1:0", "OPS_ADDR": "127.0.0.1:0",
			})
			if found := g.lacks(c, args...); len(found) != 0 {
				t.Fatalf("with all rights: %+v", found)
			}
			for _, r := range rights[role] {
				g.revoke(string(role), r)
				var found []finding
				eventually(t, func() bool { found = g.lacks(c, args...); return len(found) > 0 }, "the lack of %s", r)
				if len(found) != 1 || found[0].Status != statusWrong {
					t.Errorf("without %s: %+v", r, found)
				} else {
					contains(t, found[0].Detail, "the Kafka user "+string(role)+" lacks "+r.String(), r.Why)
					contains(t, found[0].Mend, "--allow-principal User:"+string(role), "--operation "+r.Operation, "--"+string(r.Resource)+" "+r.Name)
				}
				g.grant(string(role), r)
				eventually(t, func() bool { return len(g.lacks(c, args...)) == 0 }, "%s again", r)
			}
		})
	}
}

// works: a webhook, a poll, a command and a consumer, each by its own user.
func (g *guarded) works(t *testing.T) {
	sim, url := newMoka(t, nil)
	s := &site{console: g.as("consumer", nil)}
	s.t = t
	prefix := g.env["KAFKA_TOPIC_PREFIX"]
	api := map[string]string{
		"MOKA_BASE_URL": url, "MOKA_API_KEY": devAPIKey, "MOKA_QUOTA_PER_MINUTE": "6000", "OPS_ADDR": "127.0.0.1:0",
	}
	with := func(user string, more map[string]string) console {
		c := g.as(user, api)
		c.t = t
		maps.Copy(c.env, more)
		return c
	}
	ingest := with("ingest", map[string]string{
		"WEBHOOK_SIGNING_KEYS": "k", "WEBHOOK_ADDR": "127.0.0.1:0", "STATE_DIR": t.TempDir(),
		"POLL_APPLICATIONS_INTERVAL": "1s", "POLL_APPLICATIONS_IDLE_INTERVAL": "1s",
	}).startWorker()
	ingest.ready()
	s.sends("webhook", "send", pushed, "--url", ingest.url(), "--key", "k")
	if e := s.events("candidates", 1)[0]; e.Type != "PUSHED" || e.ApplicationID != 12798 {
		t.Errorf("%+v", e)
	}

	w := &writer{site: s, sim: sim, me: g.as("producer", map[string]string{"USER": "hr"})}
	w.me.t = t
	w.own = with("writeback", map[string]string{
		"WRITEBACK_STATE_DIR": t.TempDir(), "WRITEBACK_QUOTA_PER_MINUTE": "6000", "WRITEBACK_BACKOFF": "10ms", "WRITEBACK_GRACE": "100ms",
	})
	w.begin()
	w.whenReady()
	a := w.applicant("初筛")
	if _, err := sim.Do(t.Context(), mokasim.Human{Act: "remark", ApplicationID: a.ApplicationID}); err != nil {
		t.Fatal(err)
	}
	w.sees(a.ApplicationID, "CREATED") // polled
	got := w.submits(exitDone, "move-stage", "--application", id(a.ApplicationID), "--stage", "面试", "--wait")
	got.becomes(t, "APPLIED")
	if cause := w.sees(a.ApplicationID, "STAGE_MOVED"); cause != got.CommandID {
		t.Errorf("the move names the command %q, want %s", cause, got.CommandID)
	}

	reader := g.client("consumer", kgo.ConsumerGroup("payroll-1"), kgo.ConsumeTopics(prefix+".candidates.v1"),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()), kgo.ConsumeStartOffset(kgo.NewOffset().AtStart()))
	read := 0
	eventually(t, func() bool {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		read += reader.PollFetches(ctx).NumRecords()
		return read >= 3
	}, "three events in a consumer group")
	if err := reader.CommitUncommittedOffsets(t.Context()); err != nil {
		t.Error(err)
	}
	reader.Close()
	w.worker.end()
	ingest.end()
	for _, p := range []*process{w.process, ingest.process} {
		if log := p.err.String(); strings.Contains(log, "AUTHORIZATION_FAILED") {
			t.Errorf("mokafka %s was refused something: %s", p.name, log)
		}
	}
}

// TestLoginsOnARealBroker: every mechanism, and a certificate in place of one.
func TestLoginsOnARealBroker(t *testing.T) {
	g := newGuarded(t)
	tlsDir := os.Getenv("KAFKA_SECURE_TLS")
	endpoint := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if id, secret, _ := r.BasicAuth(); id != "worker" || secret != "oauth-secret" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]any{"access_token": unsignedToken("ingest"), "token_type": "bearer", "expires_in": 300})
	}))
	t.Cleanup(endpoint.Close)
	none := map[string]string{"KAFKA_SASL_USER": "", "KAFKA_SASL_PASSWORD": ""}
	oauth := map[string]string{"KAFKA_SASL_MECHANISM": "OAUTHBEARER", "KAFKA_SASL_OAUTH_EXTENSIONS": "logicalCluster=lkc-1"}
	for _, c := range []struct {
		name string
		env  []map[string]string
		ok   bool
	}{
		{"SCRAM-SHA-512", nil, true},
		{"SCRAM-SHA-256", []map[string]string{{"KAFKA_SASL_MECHANISM": "SCRAM-SHA-256"}}, true},
		{"PLAIN", []map[string]string{{"KAFKA_SASL_MECHANISM": "PLAIN"}}, true},
		{"a wrong password", []map[string]string{{"KAFKA_SASL_PASSWORD": "wrong"}}, false},
		{"a token in a file", []map[string]string{none, oauth, {"KAFKA_SASL_OAUTH_TOKEN_FILE": secretFile(t, unsignedToken("ingest")+"\n")}}, true},
		{"a token endpoint", []map[string]string{none, oauth, {
			"KAFKA_SASL_OAUTH_TOKEN_URL": endpoint.URL, "KAFKA_SASL_OAUTH_CLIENT_ID": "worker", "KAFKA_SASL_OAUTH_CLIENT_SECRET": "oauth-secret",
		}}, true},
		{"a wrong client secret", []map[string]string{none, oauth, {
			"KAFKA_SASL_OAUTH_TOKEN_URL": endpoint.URL, "KAFKA_SASL_OAUTH_CLIENT_ID": "worker", "KAFKA_SASL_OAUTH_CLIENT_SECRET": "wrong",
		}}, false},
		{"a certificate", []map[string]string{none, {
			"KAFKA_SASL_MECHANISM": "", "KAFKA_BROKERS": os.Getenv("KAFKA_SECURE_MTLS_BROKERS"),
			"KAFKA_TLS_CERT_FILE": filepath.Join(tlsDir, "client.pem"), "KAFKA_TLS_KEY_FILE": filepath.Join(tlsDir, "client.key"),
		}}, true},
		{"no certificate", []map[string]string{none, {"KAFKA_SASL_MECHANISM": "", "KAFKA_BROKERS": os.Getenv("KAFKA_SECURE_MTLS_BROKERS")}}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			user := g.as("ingest", nil)
			for _, env := range c.env {
				maps.Copy(user.env, env)
			}
			var at connection
			if err := user.program(nil, nil, nil).environment().read(&at.Kafka); err != nil {
				t.Fatal(err)
			}
			patience := 20 * time.Second
			if !c.ok {
				patience = 3 * time.Second
			}
			client, err := at.dial(t.Context(), patience, zerolog.Nop())
			if (err == nil) != c.ok {
				t.Errorf("%v, want success %t", err, c.ok)
			}
			if err == nil {
				client.Close()
			} else if strings.Contains(err.Error(), "wrong\"") || strings.Contains(err.Error(), "oauth-secret") {
				t.Errorf("%v tells the secret", err)
			}
		})
	}
}

// unsignedToken is one as brokers take them that are set up for tests.
func unsignedToken(subject string) string {
	part := func(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }
	now := time.Now().Unix()
	return part(`{"alg":"none"}`) + "." + part(fmt.Sprintf(`{"sub":%q,"iat":%d,"exp":%d}`, subject, now, now+300)) + "."
}
