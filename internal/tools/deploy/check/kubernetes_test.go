package check_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	monitoring "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	apps "k8s.io/api/apps/v1"
	batch "k8s.io/api/batch/v1"
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	policy "k8s.io/api/policy/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"
)

// manifest is an overlay as it is applied, each object by "Kind/name".
type manifest map[string]any

// render renders an overlay, and decodes each object into its type: a field that the
// type does not have is a fault.
func render(t *testing.T, dir string) manifest {
	t.Helper()
	result, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), filepath.Join(root, "deploy", "k8s", dir))
	if err != nil {
		t.Fatal(err)
	}
	all := manifest{}
	for _, r := range result.Resources() {
		text, err := r.AsYAML()
		if err != nil {
			t.Fatal(err)
		}
		into, ok := map[string]any{
			"v1/ConfigMap": new(core.ConfigMap), "v1/Secret": new(core.Secret), "v1/Service": new(core.Service), "v1/Namespace": new(core.Namespace),
			"apps/v1/StatefulSet": new(apps.StatefulSet), "apps/v1/Deployment": new(apps.Deployment), "batch/v1/Job": new(batch.Job),
			"policy/v1/PodDisruptionBudget":           new(policy.PodDisruptionBudget),
			"networking.k8s.io/v1/NetworkPolicy":      new(networking.NetworkPolicy),
			"networking.k8s.io/v1/Ingress":            new(networking.Ingress),
			"monitoring.coreos.com/v1/ServiceMonitor": new(monitoring.ServiceMonitor),
			"monitoring.coreos.com/v1/PrometheusRule": new(monitoring.PrometheusRule),
		}[r.GetApiVersion()+"/"+r.GetKind()]
		if !ok {
			t.Fatalf("%s: no type for %s/%s", dir, r.GetApiVersion(), r.GetKind())
		}
		if err := yaml.UnmarshalStrict(text, into); err != nil {
			t.Errorf("%s: %s/%s: %v", dir, r.GetKind(), r.GetName(), err)
		}
		all[r.GetKind()+"/"+r.GetName()] = into
	}
	return all
}

// pods are the templates of all workloads.
func (m manifest) pods() map[string]*core.PodTemplateSpec {
	found := map[string]*core.PodTemplateSpec{}
	for name, o := range m {
		switch o := o.(type) {
		case *apps.StatefulSet:
			found[name] = &o.Spec.Template
		case *apps.Deployment:
			found[name] = &o.Spec.Template
		case *batch.Job:
			found[name] = &o.Spec.Template
		}
	}
	return found
}

var overlays = []string{filepath.Join("overlays", "dev"), filepath.Join("overlays", "production")}

func TestOverlays(t *testing.T) {
	known := variables(t)
	for _, dir := range overlays {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			m := render(t, dir)
			if len(m) < 12 {
				t.Fatalf("only %d objects", len(m))
			}
			for name, pod := range m.pods() {
				for _, fault := range restricted(pod.Spec) {
					t.Errorf("%s: %s", name, fault)
				}
				for _, fault := range m.loose(pod.Spec) {
					t.Errorf("%s: %s", name, fault)
				}
				for _, c := range containers(pod.Spec) {
					if !strings.Contains(c.Image, "mokafka") {
						continue
					}
					for _, v := range c.Env {
						if fault := faultOf(known, v.Name); fault != "" {
							t.Errorf("%s: %s: %s", name, v.Name, fault)
						}
					}
				}
			}
			for name, o := range m {
				if c, ok := o.(*core.ConfigMap); ok && strings.HasPrefix(name, "ConfigMap/mokafka-") && !strings.Contains(name, "dashboards") {
					for v := range c.Data {
						if fault := faultOf(known, v); fault != "" {
							t.Errorf("%s: %s: %s", name, v, fault)
						}
					}
				}
			}
			m.workers(t)
		})
	}
}

func containers(p core.PodSpec) []core.Container {
	return append(append([]core.Container{}, p.InitContainers...), p.Containers...)
}

// restricted are the faults by the restricted Pod Security Standard, and by ours.
func restricted(p core.PodSpec) []string {
	var found []string
	fault := func(bad bool, format string, args ...any) {
		if bad {
			found = append(found, fmt.Sprintf(format, args...))
		}
	}
	s := p.SecurityContext
	fault(s == nil || s.RunAsNonRoot == nil || !*s.RunAsNonRoot, "may run as root")
	fault(s == nil || s.SeccompProfile == nil || s.SeccompProfile.Type != core.SeccompProfileTypeRuntimeDefault, "no seccomp profile")
	fault(p.HostNetwork || p.HostPID || p.HostIPC, "shares the host's namespaces")
	fault(p.AutomountServiceAccountToken == nil || *p.AutomountServiceAccountToken, "has a token that it does not need")
	for _, c := range containers(p) {
		s := c.SecurityContext
		fault(s == nil || s.AllowPrivilegeEscalation == nil || *s.AllowPrivilegeEscalation, "%s: may gain privileges", c.Name)
		fault(s == nil || s.Capabilities == nil || len(s.Capabilities.Drop) != 1 || s.Capabilities.Drop[0] != "ALL", "%s: keeps capabilities", c.Name)
		fault(strings.Contains(c.Image, "mokafka") && (s == nil || s.ReadOnlyRootFilesystem == nil || !*s.ReadOnlyRootFilesystem), "%s: may write to its root", c.Name)
		fault(!strings.Contains(c.Image, ":") || strings.HasSuffix(c.Image, ":latest"), "%s: image %s is not pinned", c.Name, c.Image)
		fault(c.Resources.Requests.Cpu().IsZero() || c.Resources.Requests.Memory().IsZero() || c.Resources.Limits.Memory().IsZero(), "%s: no requests, or no limit of memory", c.Name)
	}
	return found
}

// loose are references to what there is not: volumes, and configuration.
func (m manifest) loose(p core.PodSpec) []string {
	var found []string
	volumes := map[string]bool{}
	for _, v := range p.Volumes {
		volumes[v.Name] = true
	}
	for _, c := range containers(p) {
		for _, v := range c.VolumeMounts {
			if !volumes[v.Name] {
				found = append(found, "no volume "+v.Name)
			}
		}
		for _, from := range c.EnvFrom {
			if r := from.ConfigMapRef; r == nil || m["ConfigMap/"+r.Name] == nil {
				found = append(found, "configuration from what there is not")
			}
		}
	}
	return found
}

// workers are the two, as they have to be run.
func (m manifest) workers(t *testing.T) {
	t.Helper()
	for worker, least := range limits(t) {
		set, ok := m["StatefulSet/mokafka-"+worker].(*apps.StatefulSet)
		if !ok {
			t.Fatalf("no %s", worker)
		}
		pod := set.Spec.Template.Spec
		c := pod.Containers[0]
		grace := time.Duration(*pod.TerminationGracePeriodSeconds) * time.Second
		if c.Lifecycle != nil {
			grace -= time.Duration(c.Lifecycle.PreStop.Sleep.Seconds) * time.Second
		}
		if grace <= least {
			t.Errorf("%s: killed %s after it is told to end, and may take %s", worker, grace, least)
		}
		if c.StartupProbe == nil || c.LivenessProbe == nil || c.ReadinessProbe == nil {
			t.Errorf("%s: not probed", worker)
			continue
		}
		if c.StartupProbe.HTTPGet.Path != "/healthz" || c.LivenessProbe.HTTPGet.Path != "/healthz" || c.ReadinessProbe.HTTPGet.Path != "/readyz" {
			t.Errorf("%s: its probes ask the wrong things", worker)
		}
		if c.ReadinessProbe.TimeoutSeconds < 3 {
			t.Errorf("%s: checks may take two seconds, and the probe waits %d", worker, c.ReadinessProbe.TimeoutSeconds)
		}
		if r := set.Spec.UpdateStrategy.RollingUpdate; *set.Spec.Replicas < 2 || r == nil || r.MaxUnavailable.IntValue() != 1 {
			t.Errorf("%s: not replaced one by one", worker)
		}
		all := labels.Set(set.Spec.Template.Labels)
		budget, ok := m["PodDisruptionBudget/mokafka-"+worker].(*policy.PodDisruptionBudget)
		if !ok || !selects(t, budget.Spec.Selector, all) {
			t.Errorf("%s: no budget for its disruption", worker)
		}
		service, ok := m["Service/"+set.Spec.ServiceName].(*core.Service)
		if !ok || service.Spec.ClusterIP != core.ClusterIPNone || !labels.SelectorFromSet(service.Spec.Selector).Matches(all) {
			t.Errorf("%s: its replicas have no names (%s)", worker, set.Spec.ServiceName)
		}
	}
}

func selects(t *testing.T, s *meta.LabelSelector, all labels.Set) bool {
	t.Helper()
	selector, err := meta.LabelSelectorAsSelector(s)
	if err != nil {
		t.Fatal(err)
	}
	return selector.Matches(all)
}

// TestProduction: nothing gets in or out that no policy names, both workers are scraped,
// no secret stands in the manifest, and each worker is a user of its own.
func TestProduction(t *testing.T) {
	m := render(t, filepath.Join("overlays", "production"))
	nothing, ok := m["NetworkPolicy/mokafka-nothing"].(*networking.NetworkPolicy)
	if !ok || len(nothing.Spec.PolicyTypes) != 2 || nothing.Spec.Ingress != nil || nothing.Spec.Egress != nil {
		t.Fatal("what no policy names is not refused")
	}
	monitor, ok := m["ServiceMonitor/mokafka"].(*monitoring.ServiceMonitor)
	if !ok {
		t.Fatal("no ServiceMonitor")
	}
	users := map[string]string{}
	for name, pod := range m.pods() {
		if !selects(t, &nothing.Spec.PodSelector, labels.Set(pod.Labels)) {
			t.Errorf("%s: no policy holds it", name)
		}
		for _, v := range pod.Spec.Containers[0].Env {
			if v.Name == "KAFKA_SASL_USER" {
				users[v.Value] = name
			}
		}
	}
	if len(users) != 3 {
		t.Errorf("Kafka users: %v", users)
	}
	scraped := 0
	for name, o := range m {
		switch o := o.(type) {
		case *core.Secret:
			t.Errorf("%s stands in the manifest", name)
		case *core.Service:
			if selects(t, &monitor.Spec.Selector, labels.Set(o.Labels)) {
				scraped++
			}
		}
	}
	if scraped != 2 {
		t.Errorf("%d services are scraped", scraped)
	}
	if rule, ok := m["PrometheusRule/mokafka"].(*monitoring.PrometheusRule); !ok || len(rule.Spec.Groups) < 5 {
		t.Error("no alerts")
	}
	if d, ok := m["ConfigMap/mokafka-dashboards"].(*core.ConfigMap); !ok || len(d.Data) != 4 {
		t.Error("no dashboards")
	}
}

// TestPersistentState: the component gives each replica a volume in place of the
// emptyDir, and takes nothing else away.
func TestPersistentState(t *testing.T) {
	fs := filesys.MakeFsInMemory()
	disk := filesys.MakeFsOnDisk()
	for _, file := range []string{"base/kustomization.yaml", "base/ingest.yaml", "base/writeback.yaml", "base/networkpolicies.yaml", "persistent-state/kustomization.yaml"} {
		text, err := disk.ReadFile(filepath.Join(root, "deploy", "k8s", filepath.FromSlash(file)))
		if err != nil {
			t.Fatal(err)
		}
		if err := fs.WriteFile("/"+file, text); err != nil {
			t.Fatal(err)
		}
	}
	if err := fs.WriteFile("/all/kustomization.yaml", []byte("resources: [../base]\ncomponents: [../persistent-state]\n")); err != nil {
		t.Fatal(err)
	}
	result, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(fs, "/all")
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range result.Resources() {
		if r.GetKind() != "StatefulSet" {
			continue
		}
		var set apps.StatefulSet
		if err := yaml.UnmarshalStrict([]byte(r.MustYaml()), &set); err != nil {
			t.Fatal(err)
		}
		if len(set.Spec.VolumeClaimTemplates) != 1 || set.Spec.VolumeClaimTemplates[0].Name != "data" {
			t.Errorf("%s: claims %v", set.Name, set.Spec.VolumeClaimTemplates)
		}
		for _, v := range set.Spec.Template.Spec.Volumes {
			if v.EmptyDir != nil || v.Name == "data" {
				t.Errorf("%s: still has the volume %s", set.Name, v.Name)
			}
		}
	}
}

// TestDev: everything is in its own namespace, and nobody is kept out.
func TestDev(t *testing.T) {
	m := render(t, filepath.Join("overlays", "dev"))
	for name, o := range m {
		if strings.HasPrefix(name, "NetworkPolicy/") {
			t.Errorf("%s keeps the simulator from the door", name)
		}
		if at, ok := o.(meta.Object); ok && at.GetNamespace() != "mokafka-dev" && !strings.HasPrefix(name, "Namespace/") {
			t.Errorf("%s is in the namespace %q", name, at.GetNamespace())
		}
	}
	for _, want := range []string{"Deployment/simulator", "StatefulSet/kafka", "Deployment/registry", "Job/mokafka-setup"} {
		if m[want] == nil {
			t.Errorf("no %s", want)
		}
	}
}
