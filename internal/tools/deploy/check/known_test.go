package check_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// root is the repository.
var root = filepath.Join("..", "..", "..", "..")

func read(t *testing.T, path ...string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(append([]string{root}, path...)...))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// variables are those that the binary reads, with their values in the golden of
// "mokafka config".
func variables(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	for _, m := range regexp.MustCompile(`(?m)^  ([A-Z][A-Z0-9_]+)(?: = (\S+))?  ?`).FindAllStringSubmatch(read(t, "cmd", "mokafka", "testdata", "config.txt")+"\n", -1) {
		found[m[1]] = m[2]
	}
	if len(found) < 80 {
		t.Fatalf("only %d variables in the golden", len(found))
	}
	return found
}

// secrets may also come as files; none may stand in a manifest.
var secrets = []string{
	"MOKA_API_KEY", "MOKA_CLIENT_SECRET", "WEBHOOK_SIGNING_KEYS", "WEBHOOK_DATA_KEY", "WEBHOOK_DATA_IV", "WEBHOOK_ZHIREN_KEYS",
	"KAFKA_SASL_PASSWORD", "SCHEMA_REGISTRY_PASSWORD", "SIM_API_KEY", "SIM_SIGNING_KEY",
}

// faultOf says what is wrong with setting a variable; "" where nothing is.
func faultOf(known map[string]string, name string) string {
	for _, s := range secrets {
		if name == s {
			return "a secret belongs into a file: " + s + "_FILE"
		}
		if name == s+"_FILE" {
			return ""
		}
	}
	if _, ok := known[name]; ok || strings.HasPrefix(name, "GO") {
		return ""
	}
	return "mokafka knows no such variable"
}

// limits are how long the orderly end of each worker may take, by its defaults: those of
// cmd/mokafka/ingest.go and writeback.go.
func limits(t *testing.T) map[string]time.Duration {
	t.Helper()
	known := variables(t)
	lasts := func(name string) time.Duration {
		d, err := time.ParseDuration(known[name])
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		return d
	}
	return map[string]time.Duration{
		"ingest":    lasts("SHUTDOWN_TIMEOUT"),
		"writeback": max(lasts("SHUTDOWN_TIMEOUT"), lasts("WRITEBACK_STOP_TIMEOUT")+10*time.Second),
	}
}
