package kafkatest

import (
	"os"
	"testing"
)

func required() bool {
	return os.Getenv("MOKAFKA_REQUIRE_REAL") == "1" || os.Getenv("MOKAFKA_REQUIRE_CONTAINER") == "1"
}

// skip skips t, or fails it where nothing may be skipped.
func skip(t testing.TB, variable, why string) {
	t.Helper()
	if os.Getenv(variable) == "1" {
		t.Fatalf("%s=1, but %s", variable, why)
	}
	t.Skip(why)
}

// SchemaRegistry returns the URL of the real registry in SCHEMA_REGISTRY_URL,
// or "" where the caller should serve the in-memory one. With
// MOKAFKA_REQUIRE_REAL=1 it fails t instead of returning "".
//
// The registry is shared: subjects begin with the test's Prefix. Its base path
// is part of the URL, which has no slash at the end.
func SchemaRegistry(t testing.TB) string {
	t.Helper()
	url := os.Getenv("SCHEMA_REGISTRY_URL")
	if url == "" && os.Getenv("MOKAFKA_REQUIRE_REAL") == "1" {
		t.Fatal("MOKAFKA_REQUIRE_REAL=1, but SCHEMA_REGISTRY_URL is not set")
	}
	return url
}
