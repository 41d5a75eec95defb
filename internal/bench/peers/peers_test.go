package peers_test

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/rs/zerolog"
	"github.com/sethvargo/go-envconfig"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"go.uber.org/goleak"

	"github.com/mokafka/mokafka/ingest/webhook"
	"github.com/mokafka/mokafka/internal/bench/installation"
	"github.com/mokafka/mokafka/internal/bench/peers"
	"github.com/mokafka/mokafka/internal/bench/process"
	"github.com/mokafka/mokafka/internal/bench/sample"
	"github.com/mokafka/mokafka/publish"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// run runs a party until the test ends, and returns what it is ready with.
func run(t *testing.T, party func(context.Context, *process.Child) error) string {
	t.Helper()
	in, inEnd := io.Pipe()
	outEnd, out := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		err := process.Serve(context.Background(), in, out, party)
		out.CloseWithError(err)
		ended <- err
	}()
	t.Cleanup(func() {
		inEnd.Close()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	line, err := bufio.NewReader(outEnd).ReadString('\n')
	addr, ok := strings.CutPrefix(strings.TrimSpace(line), "ready ")
	if !ok {
		t.Fatalf("it said %q: %v", line, err)
	}
	return addr
}

// post posts one webhook.
func post(t *testing.T, addr string, request []byte) int {
	t.Helper()
	req, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(request)))
	if err != nil {
		t.Fatal(err)
	}
	req.URL.Scheme, req.URL.Host, req.RequestURI = "http", addr, ""
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 10 * time.Second}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	return resp.StatusCode
}

func TestEveryPartyVerifiesAndKeeps(t *testing.T) {
	broker := run(t, func(ctx context.Context, c *process.Child) error { return peers.Broker(ctx, c, zerolog.Nop()) })
	client, err := kgo.NewClient(kgo.SeedBrokers(broker), kgo.MetadataMinAge(100*time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	admin := kadm.NewClient(client)
	signed, err := sample.NewSigned(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	check := func(t *testing.T, addr string, kept int64, topic string) {
		t.Helper()
		good := signed.AppendRequest(nil)
		if status := post(t, addr, good); status != http.StatusOK {
			t.Errorf("a webhook is answered with %d", status)
		}
		bad := bytes.Replace(signed.AppendRequest(nil), []byte("Bachelor"), []byte("bachelor"), 1)
		if status := post(t, addr, bad); status != http.StatusUnauthorized {
			t.Errorf("an altered webhook is answered with %d", status)
		}
		if n, err := installation.Trim(t.Context(), admin, topic); err != nil || n != kept {
			t.Errorf("%d records are kept, want %d: %v", n, kept, err)
		}
		if n, err := installation.Trim(t.Context(), admin, topic); err != nil || n != 0 {
			t.Errorf("%d records are left after Trim: %v", n, err)
		}
	}
	install := func(t *testing.T, prefix string) *installation.Installation {
		t.Helper()
		i, err := installation.New(installation.Config{Broker: broker, Prefix: prefix, Log: t.Output()})
		if err != nil {
			t.Fatal(err)
		}
		if err := i.Create(t.Context(), admin); err != nil {
			t.Fatal(err)
		}
		return i
	}
	for name, party := range map[string]func(context.Context, *process.Child, *installation.Installation) error{
		"door": peers.Door, "floor": peers.Floor,
	} {
		t.Run(name, func(t *testing.T) {
			i := install(t, name)
			addr := run(t, func(ctx context.Context, c *process.Child) error { return party(ctx, c, i) })
			check(t, addr, 1, i.Topics.Journal())
			if err := i.Drop(t.Context(), admin); err != nil {
				t.Error(err)
			}
		})
	}
	t.Run("bare", func(t *testing.T) {
		i := install(t, "bare")
		check(t, run(t, peers.Bare), 0, i.Topics.Journal())
	})
	t.Run("node", func(t *testing.T) {
		i := install(t, "node")
		dir := t.TempDir()
		if _, err := peers.InstallNode(t.Context(), dir); err != nil {
			t.Skipf("the Node service can't be had here: %v", err)
		}
		t.Setenv("npm_config_offline", "true")
		t.Setenv("npm_config_cache", t.TempDir())
		node, err := peers.InstallNode(t.Context(), dir)
		if err != nil {
			t.Fatalf("npm was asked again: %v", err)
		}
		p, err := process.Start(t.Context(), "node", t.Output(), node.Command(t.Context(), broker, i.Topics.Journal()))
		if err != nil {
			t.Fatal(err)
		}
		check(t, p.Ready(), 1, i.Topics.Journal())
		if err := p.Stop(); err != nil {
			t.Error(err)
		}
	})
}

// What is measured is what people get who set nothing.
func TestConfigsAreTheDefaults(t *testing.T) {
	var door webhook.Config
	var journal publish.JournalConfig
	vars := envconfig.MapLookuper(map[string]string{"WEBHOOK_SIGNING_KEYS": sample.SigningKey, "WEBHOOK_ADDR": "127.0.0.1:0"})
	for _, target := range []any{&door, &journal} {
		if err := envconfig.ProcessWith(t.Context(), &envconfig.Config{Target: target, Lookuper: vars}); err != nil {
			t.Fatal(err)
		}
	}
	if d := cmp.Diff(door, peers.DoorConfig(), cmpopts.EquateEmpty()); d != "" {
		t.Errorf("the door's:\n%s", d)
	}
	if d := cmp.Diff(journal, peers.JournalConfig()); d != "" {
		t.Errorf("the journal's:\n%s", d)
	}
}
