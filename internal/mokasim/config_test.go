package mokasim_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/sethvargo/go-envconfig"

	"github.com/mokafka/mokafka/internal/mokasim"
)

func environment(t *testing.T, variables map[string]string) mokasim.Config {
	t.Helper()
	var cfg mokasim.Config
	err := envconfig.ProcessWith(t.Context(), &envconfig.Config{Target: &cfg, Lookuper: envconfig.MapLookuper(variables)})
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

func TestDefaultsAreThoseOfTheTags(t *testing.T) {
	if diff := cmp.Diff(mokasim.DefaultConfig(), environment(t, nil)); diff != "" {
		t.Errorf("an empty environment gives other values:\n%s", diff)
	}
	if err := mokasim.DefaultConfig().Validate(); err != nil {
		t.Errorf("the defaults are refused: %v", err)
	}
}

func TestEveryVariableIsRead(t *testing.T) {
	got := environment(t, map[string]string{
		"SIM_ADDR": "127.0.0.1:1", "SIM_SEED": "2", "SIM_PACE": "3s", "SIM_ORG_ID": "o", "SIM_WEBHOOK_URL": "http://h/",
		"SIM_SIGNING_KEY": "s", "SIM_OLD_SIGNING_KEY": "so", "SIM_DATA_KEY": "d", "SIM_DATA_IV": "i", "SIM_ENCRYPT": "false",
		"SIM_SIGN_BEFORE_ENCRYPTED": "true", "SIM_PUSH_RETRIES": "4", "SIM_PUSH_BACKOFF": "5s", "SIM_PUSH_TIMEOUT": "6s",
		"SIM_INSECURE_TLS": "false", "SIM_CHANGES_PER_DAY": "7", "SIM_APPLICATIONS": "8", "SIM_QUIET_SHARE": "0.9",
		"SIM_BURST_SHARE": "0.1", "SIM_QUIRKS": "0.2", "SIM_VISIBLE_AFTER": "10s", "SIM_CLOCK_SKEW": "-11s",
		"SIM_TIME_PRECISION": "12ms", "SIM_LOG_SIZE": "1300", "SIM_API_KEY": "k", "SIM_CLIENT_ID": "c", "SIM_CLIENT_SECRET": "cs",
		"SIM_QUOTA_PER_MINUTE": "14", "SIM_HEADCOUNT_WRITES_PER_MINUTE": "15", "SIM_QUOTA_WINDOW": "fixed", "SIM_QUOTA_REFUSAL": "600",
		"SIM_LATENCY": "16ms", "SIM_LATENCY_JITTER": "17ms", "SIM_EFFECTS": "1800", "SIM_LANGUAGE": "en",
	})
	want := mokasim.Config{
		Addr: "127.0.0.1:1", Seed: 2, Pace: 3 * time.Second, OrgID: "o", WebhookURL: "http://h/", SigningKey: "s",
		OldSigningKey: "so", DataKey: "d", DataIV: "i", SignBeforeEncrypted: true, Retries: 4, Backoff: 5 * time.Second,
		Timeout: 6 * time.Second, ChangesPerDay: 7, Applications: 8, QuietShare: 0.9, BurstShare: 0.1, Quirks: 0.2,
		VisibleAfter: 10 * time.Second, ClockSkew: -11 * time.Second, TimePrecision: 12 * time.Millisecond, LogSize: 1300,
		APIKey: "k", ClientID: "c", ClientSecret: "cs", QuotaPerMinute: 14, HeadcountWritesPerMinute: 15, QuotaWindow: "fixed",
		QuotaRefusal: "600", Latency: 16 * time.Millisecond, LatencyJitter: 17 * time.Millisecond, Effects: 1800, Language: "en",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestValidateNamesEveryFault(t *testing.T) {
	bad := mokasim.Config{
		Addr: "nowhere", Pace: time.Microsecond, WebhookURL: "ftp://u:secret@host", DataKey: "secret", Retries: -1, Backoff: -1,
		ChangesPerDay: -1, Applications: 2_000_000, QuietShare: 1.1, BurstShare: -0.1, Quirks: 2, VisibleAfter: -1, ClockSkew: 3 * time.Minute,
		ClientID: "secret", QuotaPerMinute: -1, HeadcountWritesPerMinute: 20_000_000, Latency: -1, LatencyJitter: time.Hour,
	}
	err := bad.Validate()
	if err == nil {
		t.Fatal("was accepted")
	}
	for _, name := range []string{
		"SIM_ADDR", "SIM_PACE", "SIM_ORG_ID", "SIM_WEBHOOK_URL", "SIM_SIGNING_KEY", "SIM_DATA_KEY", "SIM_DATA_IV",
		"SIM_PUSH_RETRIES", "SIM_PUSH_BACKOFF", "SIM_PUSH_TIMEOUT", "SIM_CHANGES_PER_DAY", "SIM_APPLICATIONS",
		"SIM_QUIET_SHARE", "SIM_BURST_SHARE", "SIM_QUIRKS", "SIM_VISIBLE_AFTER", "SIM_CLOCK_SKEW", "SIM_TIME_PRECISION",
		"SIM_LOG_SIZE", "SIM_API_KEY", "SIM_CLIENT_ID, SIM_CLIENT_SECRET", "SIM_QUOTA_PER_MINUTE", "SIM_HEADCOUNT_WRITES_PER_MINUTE",
		"SIM_QUOTA_WINDOW", "SIM_QUOTA_REFUSAL", "SIM_LATENCY", "SIM_LATENCY_JITTER", "SIM_EFFECTS", "SIM_LANGUAGE",
	} {
		if !strings.Contains(err.Error(), name+":") {
			t.Errorf("%s is not named", name)
		}
	}
	if strings.Contains(err.Error(), "secret") {
		t.Errorf("a secret is shown: %v", err)
	}
}

func TestValidateWebhookURL(t *testing.T) {
	for target, good := range map[string]bool{
		"":                                    true,
		"http://127.0.0.1:8080/webhooks/moka": true,
		"https://ehr.example/hook?a=b":        true,
		"https://ehr.example/hook?sign=b":     false,
		"127.0.0.1:8080":                      false,
		"http://":                             false,
		"http://a b/":                         false,
	} {
		cfg := mokasim.DefaultConfig()
		cfg.WebhookURL, cfg.SigningKey = target, "k"
		if err := cfg.Validate(); (err == nil) != good {
			t.Errorf("%q: %v", target, err)
		}
	}
}
