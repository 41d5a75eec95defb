package arch_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/mokafka/mokafka/internal/arch"
)

// small is a made-up module: path to source. go.mod is added.
type small map[string]string

func (s small) fs() fstest.MapFS {
	tree := fstest.MapFS{"go.mod": {Data: []byte("module example.com/m\n\ngo 1.26\n")}}
	for path, src := range s {
		tree[path] = &fstest.MapFile{Data: []byte(src)}
	}
	return tree
}

// check runs one rule over a small tree; want are the starts of its findings.
func check(t *testing.T, rule func(*arch.Tree) []string, source small, want ...string) {
	t.Helper()
	tree, err := arch.Load(source.fs())
	if err != nil {
		t.Fatal(err)
	}
	got := rule(tree)
	for i, finding := range got {
		if i < len(want) && strings.HasPrefix(finding, want[i]) {
			got[i] = want[i]
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
}

func TestArrows(t *testing.T) {
	const m = `"example.com/m/`
	check(t, arch.Arrows, small{
		"cmd/mokafka/main.go":               "package main\nimport (\n_ " + m + "ingest/derive\"\n_ " + m + "internal/mokasim\"\n_ " + m + "internal/kafkatest\"\n)\n",
		"elsewhere/a.go":                    "package elsewhere\n",
		"ingest/derive/a.go":                "package derive\nimport _ " + m + "ingest/normalize\"\nimport _ " + m + "ingest/poll\"\n",
		"ingest/derive/a_test.go":           "package derive_test\nimport _ " + m + "internal/kafkatest\"\nimport _ " + m + "ingest/derive\"\nimport _ " + m + "internal/mokasim\"\n",
		"ingest/poll/a.go":                  "package poll\nimport _ " + m + "schemas/schemastest\"\n",
		"ingest/webhook/a.go":               "package webhook\nimport _ " + m + "publish\"\nimport _ " + m + "ingest/normalize\"\n",
		"internal/bench/a.go":               "package bench\nimport _ " + m + "ingest/derive\"\nimport _ " + m + "cmd/mokafka\"\n",
		"internal/kafkatest/a.go":           "package kafkatest\nimport _ " + m + "internal/kafkatest/embedded\"\n",
		"internal/mokasim/a_test.go":        "package mokasim\nimport _ " + m + "internal/moka\"\n",
		"internal/ops/a.go":                 "package ops\nimport _ " + m + "cmd/mokafka\"\n",
		"internal/tools/x/go.mod":           "module example.com/m/internal/tools/x\n",
		"internal/tools/x/a.go":             "package x\nimport _ " + m + "cmd/mokafka\"\n",
		"schemas/a.go":                      "package schemas\nimport _ " + m + "publish\"\n",
		"schemas/a_test.go":                 "package schemas_test\nimport _ " + m + "schemas/schemastest\"\n",
		"schemas/schemastest/a.go":          "package schemastest\nimport _ " + m + "schemas\"\n",
		"internal/state/testdata/ignore.go": "package nothing\nimport _ " + m + "cmd\"\n",
	},
		"cmd/mokafka/main.go:5: cmd may not import internal/kafkatest",
		"elsewhere/a.go:1: elsewhere is in no room",
		"ingest/derive/a.go:3: ingest/derive may not import ingest/poll",
		"ingest/poll/a.go:2: ingest/poll may not import schemas/schemastest",
		"ingest/webhook/a.go:3: ingest/webhook may not import ingest/normalize",
		"internal/bench/a.go:3: internal/bench may not import cmd/mokafka",
		"internal/mokasim/a_test.go:2: internal/mokasim may not import internal/moka",
		"internal/ops/a.go:2: internal/ops may not import cmd/mokafka",
		"schemas/a.go:2: schemas may not import publish",
	)
}

func TestFences(t *testing.T) {
	imports := func(pkg string, paths ...string) string {
		return "package " + pkg + "\nimport (\n_ \"" + strings.Join(paths, "\"\n_ \"") + "\"\n)\n"
	}
	check(t, arch.Fences, small{
		"cmd/mokafka/main.go":              imports("main", "github.com/spf13/cobra", "log", "flag", "net/http/pprof"),
		"ingest/derive/a.go":               imports("derive", "github.com/twmb/avro", "github.com/twmb/franz-go/pkg/kgo", "github.com/twmb/avro2"),
		"ingest/derive/a_test.go":          imports("derive", "testing", "pgregory.net/rapid", "github.com/twmb/franz-go/pkg/kfake", "github.com/hamba/avro/v2"),
		"ingest/normalize/a.go":            imports("normalize", "context", "net/url", "net/http", "github.com/rs/zerolog", "time"),
		"ingest/normalize/a_test.go":       imports("normalize", "context", "os", "testing"),
		"internal/kafkatest/a.go":          imports("kafkatest", "testing", "github.com/testcontainers/testcontainers-go"),
		"internal/kafkatest/embedded/a":    "not Go",
		"internal/kafkatest/embedded/b.go": imports("embedded", "testing", "github.com/twmb/franz-go/pkg/kfake"),
		"internal/ops/a.go":                imports("ops", "net/http/pprof", "github.com/prometheus/client_golang/prometheus"),
		"publish/a.go":                     imports("publish", "os/signal", "github.com/google/go-cmp/cmp", "math/rand", "math/rand/v2"),
		"schemas/a.go":                     imports("schemas", "github.com/twmb/avro", "github.com/twmb/franz-go/pkg/kgo", "github.com/twmb/franz-go/pkg/sr"),
	},
		"cmd/mokafka/main.go:4: log may not",
		"cmd/mokafka/main.go:6: net/http/pprof may not",
		"ingest/derive/a.go:3: github.com/twmb/avro may not",
		"ingest/derive/a_test.go:6: github.com/hamba/avro/v2 may not",
		"ingest/normalize/a.go:3: context may not",
		"ingest/normalize/a.go:5: net/http may not",
		"ingest/normalize/a.go:6: github.com/rs/zerolog may not",
		"internal/kafkatest/embedded/b.go:3: testing may not",
		"publish/a.go:3: os/signal may not",
		"publish/a.go:4: github.com/google/go-cmp/cmp may not",
		"publish/a.go:5: math/rand may not",
		"schemas/a.go:4: github.com/twmb/franz-go/pkg/kgo may not",
	)
}

func TestInits(t *testing.T) {
	check(t, arch.Inits, small{
		"publish/a.go": "package publish\n\ntype t struct{}\n\nfunc (t) init() {}\n\nfunc init() {}\n",
	}, "publish/a.go:7: no init functions")
}

func TestPackageState(t *testing.T) {
	check(t, arch.PackageState, small{
		"publish/a.go": `package publish

var ErrFull = errors.New("full")
var names = map[int]string{1: "one"}
var mu sync.Mutex
var once = sync.OnceValue(func() int { var mu sync.Mutex; _ = mu; return 1 })
var done = make(chan struct{})
var seen = map[string]bool{}
var count int
var gone = map[string]bool{}
var pointed struct{ n int }
var shadowed int
var pool = &sync.Pool{}
var table = []row{{1}}
`,
		"publish/b.go": `package publish

func f(shadowed int) *row {
	seen["a"] = true
	count++
	delete(gone, names[1])
	shadowed = 2
	use(&pointed.n)
	ErrFull := ErrFull
	ErrFull = nil
	for count = range 3 {
	}
	return &table[0]
}
`,
	},
		"publish/a.go:5: mu holds a sync.Mutex",
		"publish/a.go:7: done holds a channel",
		"publish/a.go:13: pool holds a sync.Pool",
		"publish/b.go:4: seen is a package variable and changed",
		"publish/b.go:5: count is a package variable and changed",
		"publish/b.go:6: gone is a package variable and changed",
		"publish/b.go:8: pointed is a package variable and changed",
		"publish/b.go:11: count is a package variable and changed",
	)
}

func TestPackageStateInOneFile(t *testing.T) {
	check(t, arch.PackageState, small{
		"publish/a.go": "package publish\n\nvar clock = time.Now\n\nfunc set(f func() time.Time) { clock = f }\n\nfunc local() { clock := 1; clock++ }\n",
	}, "publish/a.go:5: clock is a package variable and changed")
}

func TestEnvDefaults(t *testing.T) {
	check(t, arch.EnvDefaults, small{
		"ingest/webhook/config.go": "package webhook\ntype Config struct {\n" +
			"Addr string `env:\"WEBHOOK_ADDR,default=:8080\"`\n" +
			"Org string `env:\"MOKA_ORG_ID, required\"`\n" +
			"Brokers []string `env:\"KAFKA_BROKERS,delimiter=;,default=a:1,b:2\"`\n" +
			"Plain string `json:\"plain\"`\n}\n",
		"publish/config.go": "package publish\ntype Config struct {\n" +
			"Brokers []string `env:\"KAFKA_BROKERS,default=a:1\"`\n" +
			"Org string `env:\"MOKA_ORG_ID,required\"`\n" +
			"TLS TLS `env:\", prefix=KAFKA_TLS_\"`\n" +
			"Addr string `env:\"WEBHOOK_ADDR\"`\n}\n",
		"publish/config_test.go": "package publish\ntype c struct {\n Addr string `env:\"WEBHOOK_ADDR,default=:0\"`\n}\n",
	},
		`publish/config.go:3: KAFKA_BROKERS has the default "a:1" here and "a:1,b:2" at ingest/webhook/config.go:5`,
		"publish/config.go:5: no prefix in env tags",
		`publish/config.go:6: WEBHOOK_ADDR has the default "" here and ":8080"`,
	)
}

func TestPackageComments(t *testing.T) {
	check(t, arch.PackageComments, small{
		"internal/moka/a.go":         "package moka\n",
		"internal/moka/a_test.go":    "// Package moka is not documented by its tests.\npackage moka\n",
		"internal/state/doc.go":      "// Package state keeps the last state.\npackage state\n",
		"internal/state/a.go":        "package state\n",
		"internal/state/ext_test.go": "package state_test\n",
		"internal/utils/a.go":        "// Package utils does things.\npackage utils\n",
		"schemas/gen.go":             "// Code generated by x. DO NOT EDIT.\npackage schemas\n",
	},
		"internal/moka/a.go:1: package moka has no comment",
		"internal/utils/a.go:2: package utils is named after nothing",
		"schemas/gen.go:2: package schemas has no comment",
	)
}

func TestLongFiles(t *testing.T) {
	check(t, arch.LongFiles, small{
		"publish/long.go":  "package publish\n" + strings.Repeat("\n", 400),
		"publish/right.go": "package publish\n" + strings.Repeat("\n", 399),
		"schemas/gen.go":   "// Code generated by x. DO NOT EDIT.\n\npackage schemas\n" + strings.Repeat("\n", 500),
	}, "publish/long.go:400: 401 lines")
}

func TestGoroutines(t *testing.T) {
	check(t, arch.Goroutines, small{
		"publish/a.go":             "package publish\nfunc f() {\n\tgo f()\n}\n",
		"internal/ops/a.go":        "package ops\nfunc f(g group) {\n\tg.Go(nil)\n}\n",
		"internal/state/a.go":      "package state\nfunc f() {\n\tgo f()\n}\n",
		"internal/state/a_test.go": "package state_test\nimport \"go.uber.org/goleak\"\n",
		"internal/moka/a_test.go":  "package moka\nfunc f() {\n\tgo f()\n}\n",
	},
		"internal/ops/a.go:3: internal/ops starts goroutines",
		"publish/a.go:3: publish starts goroutines",
	)
}

func TestTopLevel(t *testing.T) {
	tree := small{
		".gitignore": "# built\n/bin/\n*.prof\n!kept\n/a/b\n", ".github/x": "", "bin/mokafka": "", "cpu.prof": "",
		"cmd/mokafka/main.go": "", "README.md": "", "pkg/a.go": "", "notes.txt": "",
	}.fs()
	got, err := arch.TopLevel(tree)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"notes.txt:1: the top level is fixed: put it into the room that it belongs to",
		"pkg:1: the top level is fixed: put it into the room that it belongs to",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
}

func TestLoadNamesWhatDoesNotParse(t *testing.T) {
	_, err := arch.Load(small{"publish/a.go": "package"}.fs())
	if err == nil || !strings.Contains(err.Error(), "publish/a.go:1") {
		t.Errorf("error %v, want one that names publish/a.go:1", err)
	}
}
