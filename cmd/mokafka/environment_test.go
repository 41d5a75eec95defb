package main

import (
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/mokafka/mokafka/ingest/webhook"
	"github.com/mokafka/mokafka/internal/mokasim"
)

func environmentOf(t *testing.T, values map[string]string) environment {
	t.Helper()
	return console{t, values}.program(nil, nil, nil).environment()
}

// complete is an environment in which ingest could start.
func complete(more map[string]string) map[string]string {
	env := map[string]string{"MOKA_ORG_ID": "acme", "WEBHOOK_SIGNING_KEYS": "k1", "MOKA_API_KEY": "moka-key"}
	maps.Copy(env, more)
	return env
}

func secretFile(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestSecretsFromFiles(t *testing.T) {
	file := secretFile(t, "first key\nsecond\r\n")
	var cfg webhook.Config
	if err := environmentOf(t, map[string]string{"WEBHOOK_SIGNING_KEYS_FILE": file}).read(&cfg); err != nil {
		t.Fatal(err)
	}
	if want := []string{"first key", "second"}; !slices.Equal(cfg.SigningKeys, want) {
		t.Errorf("keys %q, want %q", cfg.SigningKeys, want)
	}
	var s ingestSettings
	password := secretFile(t, " with, a comma \n")
	if err := environmentOf(t, map[string]string{"SCHEMA_REGISTRY_USER": "u", "SCHEMA_REGISTRY_PASSWORD_FILE": password}).read(&s.Registry); err != nil {
		t.Fatal(err)
	}
	if s.Registry.Password != " with, a comma " {
		t.Errorf("password %q: only the line's end does not belong to it", s.Registry.Password)
	}
}

// TestSecretsAreMarked: a secret that is not marked would be shown by "mokafka
// config", and could not come from a file.
func TestSecretsAreMarked(t *testing.T) {
	for _, s := range sections(new(ingestSettings), new(mokasim.Config)) {
		for _, v := range variablesOf(s.target) {
			parts := strings.Split(v.name, "_")
			sounds := slices.ContainsFunc(parts, func(p string) bool {
				return slices.Contains([]string{"KEY", "KEYS", "IV", "PASSWORD", "SECRET", "TOKEN"}, p)
			})
			file := strings.HasSuffix(v.name, fileSuffix) || v.name == "WEBHOOK_TLS_KEY" || strings.HasSuffix(v.name, "_URL") // paths and addresses
			if sounds && !file && !v.secret {
				t.Errorf(`%s sounds like a secret: its field wants json:"-"`, v.name)
			}
			if v.secret && !sounds {
				t.Errorf("%s is marked as a secret, but does not sound like one", v.name)
			}
		}
	}
}

func TestEveryFaultAtOnce(t *testing.T) {
	empty := secretFile(t, "\n")
	env := environmentOf(t, map[string]string{
		"WEBHOOK_SIGNING_KEYS_FILE": "/nowhere/keys",
		"WEBHOOK_DATA_KEY":          "short", "WEBHOOK_DATA_KEY_FILE": secretFile(t, "x"),
		"KAFKA_SASL_PASSWORD_FILE": empty,
		"KAFKA_BROKERS":            "a",
		"KAFKA_TLS_ENABLED":        "perhaps",
		"KAFKA_TOPIC_REPLICATION":  "",
		"JOURNAL_TIMEOUT":          "4",
		"LOG_LEVEL":                "loud",
	})
	var s ingestSettings
	err := env.read(s.rooms()...)
	if err == nil {
		t.Fatal("nothing is wrong with it")
	}
	golden(t, "faults.txt", strings.ReplaceAll(err.Error(), empty, "FILE")+"\n")
	if s.Topics.Replication != 3 {
		t.Errorf("what is set but empty counts as not set: replication %d", s.Topics.Replication)
	}
}

func TestDefaultsOfTheProcess(t *testing.T) {
	var s ingestSettings
	if err := environmentOf(t, complete(nil)).read(s.rooms()...); err != nil {
		t.Fatal(err)
	}
	if s.Derive.Instance != "host-1" {
		t.Errorf("INGEST_INSTANCE: %q, want the host's name", s.Derive.Instance)
	}
	if !slices.Equal(s.Registry.URLs, []string{devRegistryURL}) || !slices.Equal(s.Kafka.Brokers, []string{devKafkaAddr}) {
		t.Errorf("registry %q and brokers %q, want those of dev", s.Registry.URLs, s.Kafka.Brokers)
	}
}

// TestDefaultsCanBeRead: fill leaves a field empty whose default cannot be read.
func TestDefaultsCanBeRead(t *testing.T) {
	for _, s := range sections(new(ingestSettings), new(mokasim.Config)) {
		for _, v := range variablesOf(s.target) {
			if err := v.set(nil); err != nil {
				t.Errorf("the default of %s: %v", v.name, err)
			}
		}
	}
}

func TestEveryVariableHasAMeaning(t *testing.T) {
	known := map[string]bool{}
	for _, s := range sections(new(ingestSettings), new(mokasim.Config)) {
		for _, v := range variablesOf(s.target) {
			known[v.name] = true
			if meaningOf(v.name) == "" {
				t.Errorf("%s has no meaning: add it to meanings.go", v.name)
			}
		}
	}
	for name := range meanings {
		if !known[name] {
			t.Errorf("nothing reads %s: take it out of meanings.go", name)
		}
	}
}

// TestSectionsAreComplete: what ingest reads, config shows.
func TestSectionsAreComplete(t *testing.T) {
	var s ingestSettings
	if rooms, fields := len(s.rooms()), reflect.TypeOf(s).NumField(); rooms != fields {
		t.Errorf("%d of the %d parts of the settings are read", rooms, fields)
	}
	if shown := len(sections(&s, new(mokasim.Config))); shown != len(s.rooms())+2 { // write-back, the simulator
		t.Errorf("config shows %d sections", shown)
	}
}

func TestConfigHidesSecrets(t *testing.T) {
	c := console{t, complete(map[string]string{
		"WEBHOOK_SIGNING_KEYS":  "one-secret,another-secret",
		"WEBHOOK_DATA_KEY_FILE": secretFile(t, strings.Repeat("s", 32)), "WEBHOOK_DATA_IV": strings.Repeat("i", 16),
		"KAFKA_BROKERS": "k1:9092,k2:9092", "KAFKA_SASL_MECHANISM": "PLAIN", "KAFKA_SASL_USER": "u", "KAFKA_SASL_PASSWORD": "p-secret",
		"LOG_LEVEL": "debug",
	})}
	for _, args := range [][]string{{"config"}, {"config", "--json"}} {
		text := c.must(args...)
		for _, secret := range []string{"moka-key", "one-secret", "another-secret", "p-secret", strings.Repeat("s", 32), strings.Repeat("i", 16)} {
			if strings.Contains(text, secret) {
				t.Errorf("%v shows the secret %s", args, secret)
			}
		}
	}
	text := c.must("config")
	golden(t, "config.txt", text)
	contains(t, text, "WEBHOOK_DATA_KEY  (hidden; from the file)", "KAFKA_BROKERS = k1:9092,k2:9092", "✓ every value is right")
}
