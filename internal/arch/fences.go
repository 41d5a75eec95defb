package arch

import (
	"path"
	"slices"
	"strings"
)

// fence keeps packages to some rooms, or out of some.
type fence struct {
	// packages are import paths; one that ends in /... means all below too.
	packages []string
	// only are the rooms that may import them; nil means every room but never.
	only []string
	// never are the rooms that may not import them.
	never []string
	// tests frees test files of this fence.
	tests bool
	why   string
}

var fences = []fence{
	{packages: []string{"github.com/twmb/avro/..."}, only: []string{"schemas"},
		why: "schemas is the one room that knows the Avro codec"},
	{packages: []string{"github.com/hamba/avro/..."}, only: []string{},
		why: "it is archived with advisories unfixed: only the generator under internal/tools uses it"},
	{packages: []string{"github.com/twmb/franz-go/pkg/kgo/..."},
		never: []string{"schemas", "ingest/normalize", "internal/moka", "internal/mokasim", "internal/ops"},
		why:   "this room works without Kafka"},
	{packages: []string{
		"context", "os/...", "io/fs", "path/filepath", "syscall", "net", "net/http/...", "math/rand/...", "crypto/rand",
		"github.com/rs/zerolog/...", "github.com/prometheus/...",
	}, never: []string{"ingest/normalize"}, tests: true,
		why: "normalize is pure: no context, clock, log or I/O"},
	{packages: []string{
		"testing/...", "github.com/testcontainers/...", "pgregory.net/rapid/...", "github.com/google/go-cmp/...",
		"go.uber.org/goleak/...",
	}, only: []string{"internal/kafkatest"}, tests: true,
		why: "it is for tests, and would end up in the binary"},
	{packages: []string{"github.com/twmb/franz-go/pkg/kfake/..."},
		only: []string{"internal/kafkatest/embedded"}, tests: true,
		why: "the embedded broker stands behind a guard: use internal/kafkatest/embedded"},
	{packages: []string{"flag", "os/signal", "github.com/spf13/...", "github.com/sethvargo/go-envconfig/..."},
		only: []string{"cmd"}, tests: true,
		why: "only cmd reads the environment, arguments and signals"},
	{packages: []string{
		"log/...", "github.com/rs/zerolog/log", "github.com/prometheus/client_golang/prometheus/promauto", "expvar",
	}, only: []string{},
		why: "no default logger or registry: take them as arguments"},
	{packages: []string{"net/http/pprof"}, only: []string{"internal/ops"},
		why: "it registers itself with the default mux, which only ops is ready for"},
	{packages: []string{"go.opentelemetry.io/otel/sdk/...", "go.opentelemetry.io/otel/exporters/..."}, only: []string{"cmd"}, tests: true,
		why: "cmd alone says where traces go: take a *publish.Tracer"},
	{packages: []string{"math/rand"}, only: []string{}, why: "use math/rand/v2"},
	{packages: []string{"github.com/stretchr/testify/..."}, only: []string{}, why: "tests compare with go-cmp"},
}

// Fences reports imports of foreign packages by rooms that are to do without.
func Fences(t *Tree) []string {
	var found []string
	for _, f := range t.Files {
		r, _ := roomOf(f.Dir())
		for _, spec := range f.Syntax.Imports {
			imported := importPath(spec)
			for _, fence := range fences {
				if fence.covers(imported) && !fence.opens(r.path, f.Test) {
					found = append(found, t.at(spec.Pos(), "%s may not be imported here: %s", imported, fence.why))
				}
			}
		}
	}
	return found
}

// covers tells whether the fence is about the package imported.
func (f fence) covers(imported string) bool {
	return slices.ContainsFunc(f.packages, func(p string) bool {
		root, below := strings.CutSuffix(p, "/...")
		return imported == root || below && strings.HasPrefix(imported, root+"/")
	})
}

// opens tells whether the fence lets the room through. A room in only or never
// stands for the rooms inside it too, but for the test-only ones of kafkatest,
// where the embedded broker goes into the binary and its house does not.
func (f fence) opens(roomPath string, test bool) bool {
	if f.tests && test {
		return true
	}
	if f.only == nil {
		return !within(f.never, roomPath)
	}
	if roomPath == "internal/kafkatest/embedded" {
		return slices.Contains(f.only, roomPath)
	}
	return within(f.only, roomPath)
}

// within tells whether dir or a directory above it is listed.
func within(list []string, dir string) bool {
	for ; dir != "." && dir != ""; dir = path.Dir(dir) {
		if slices.Contains(list, dir) {
			return true
		}
	}
	return false
}
