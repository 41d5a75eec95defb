package check_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"
)

// compose loads docker-compose.yml as Docker does.
func compose(t *testing.T, envFile string, profiles ...string) *types.Project {
	t.Helper()
	options, err := cli.NewProjectOptions(
		[]string{filepath.Join(root, "docker-compose.yml")},
		cli.WithWorkingDirectory(root), cli.WithEnvFiles(filepath.Join(root, envFile)), cli.WithDotEnv,
		cli.WithInterpolation(true), cli.WithResolvedPaths(true), cli.WithProfiles(profiles), cli.WithDefaultProfiles(),
	)
	if err != nil {
		t.Fatal(err)
	}
	project, err := options.LoadProject(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return project
}

func names(p *types.Project) []string { return slices.Sorted(slices.Values(p.ServiceNames())) }

func TestCompose(t *testing.T) {
	p := compose(t, ".env")
	for _, want := range []string{
		"kafka-1", "kafka-2", "kafka-3", "registry", "topics", "schemas", "simulator", "ingest-1", "ingest-2",
		"writeback-1", "writeback-2", "prometheus", "grafana", "console",
	} {
		if !slices.Contains(names(p), want) {
			t.Errorf("by default there is no %s, only %v", want, names(p))
		}
	}
	adopted := map[string]bool{}
	for _, s := range p.Services {
		for on, d := range s.DependsOn {
			adopted[on] = adopted[on] || d.Condition == types.ServiceConditionCompletedSuccessfully
		}
	}
	limit := limits(t)
	known := variables(t)
	for name, s := range p.Services {
		if s.Image == "" || !strings.Contains(s.Image, ":") || strings.HasSuffix(s.Image, ":latest") {
			t.Errorf("%s: image %q is not pinned", name, s.Image)
		}
		for _, port := range s.Ports {
			if port.HostIP != "127.0.0.1" {
				t.Errorf("%s: port %s is published on %q", name, port.Published, port.HostIP)
			}
		}
		if s.HealthCheck == nil {
			t.Errorf("%s: no health check", name)
		}
		if s.HealthCheck != nil && s.HealthCheck.Disable && !adopted[name] {
			t.Errorf("%s ends, and nobody waits for that: 'up --wait' would fail", name)
		}
		for on, d := range s.DependsOn {
			if d.Condition == types.ServiceConditionStarted {
				t.Errorf("%s: does not wait for %s to be healthy", name, on)
			}
		}
		if !strings.HasPrefix(s.Image, "mokafka:") {
			continue
		}
		if !s.ReadOnly || !slices.Contains(s.CapDrop, "ALL") || !slices.Contains(s.SecurityOpt, "no-new-privileges:true") || s.User != "" {
			t.Errorf("%s: more rights than the image needs", name)
		}
		for variable := range s.Environment {
			if fault := faultOf(known, variable); fault != "" {
				t.Errorf("%s: %s: %s", name, variable, fault)
			}
		}
		worker, _, _ := strings.Cut(name, "-")
		if least, ok := limit[worker]; ok {
			if s.StopGracePeriod == nil || s.StopGracePeriod.String() == "" || *s.StopGracePeriod <= types.Duration(least) {
				t.Errorf("%s: killed after %v, and may take %s to end", name, s.StopGracePeriod, least)
			}
			instance := strings.ToUpper(worker) + "_INSTANCE"
			if got := s.Environment[instance]; got == nil || *got != name {
				t.Errorf("%s: %s is %v", name, instance, got)
			}
		}
	}
}

// TestComposeForARealMoka: another file of variables, no simulator, all else the same.
func TestComposeForARealMoka(t *testing.T) {
	p := compose(t, filepath.Join("deploy", "compose", "real.env.example"))
	if slices.Contains(names(p), "simulator") {
		t.Error("the simulator runs beside a real Moka")
	}
	ingest, err := p.GetService("ingest-1")
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"MOKA_BASE_URL": "https://api.mokahr.com/api-platform", "MOKA_ORG_ID": "your-org", "MOKA_PLAIN_HTTP": "false", "MOKA_QUOTA_PER_MINUTE": "60",
	} {
		if got := ingest.Environment[name]; got == nil || *got != want {
			t.Errorf("%s is %v, want %s", name, got, want)
		}
	}
	if got := p.Secrets["moka-api-key"].File; got != "/etc/mokafka/moka-api-key" {
		t.Errorf("the key comes from %s", got)
	}
	if p.Name == compose(t, ".env").Name {
		t.Error("a real Moka's topics would be those of the simulated one")
	}
}
