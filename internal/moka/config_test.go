package moka_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/sethvargo/go-envconfig"

	"github.com/mokafka/mokafka/internal/moka"
)

func TestConfigDefaults(t *testing.T) {
	var cfg struct {
		moka.Config
		moka.QuotaConfig
	}
	err := envconfig.ProcessWith(t.Context(), &envconfig.Config{Target: &cfg, Lookuper: envconfig.MapLookuper(map[string]string{
		"MOKA_BASE_URL": "https://api.mokahr.com/api-platform/", "MOKA_API_KEY": testKey,
	})})
	if err != nil {
		t.Fatal(err)
	}
	if err := cfg.Config.Validate(); err != nil {
		t.Error(err)
	}
	if err := cfg.QuotaConfig.Validate(); err != nil {
		t.Error(err)
	}
	if cfg.Timeout != 30*time.Second || cfg.MaxBody != 64<<20 || cfg.PerMinute != 60 || cfg.HeadcountWritesPerMinute != 30 {
		t.Errorf("got %+v", cfg)
	}
	cfg.ClientSecret = testSecret
	text, err := json.Marshal(cfg)
	if err != nil || strings.Contains(string(text), testKey) || strings.Contains(string(text), testSecret) {
		t.Errorf("secrets in %s, %v", text, err)
	}
}

func TestConfigFaults(t *testing.T) {
	good := moka.Config{BaseURL: "https://api.mokahr.com/api-platform", APIKey: testKey, Timeout: time.Second, MaxBody: 1}
	for name, tt := range map[string]struct {
		change func(*moka.Config)
		want   string // "": none
	}{
		"good":                {func(*moka.Config) {}, ""},
		"plain http":          {func(c *moka.Config) { c.BaseURL = "http://api.mokahr.com/api-platform" }, "MOKA_BASE_URL: plain http"},
		"http on loopback":    {func(c *moka.Config) { c.BaseURL = "http://127.0.0.1:8090/api-platform" }, ""},
		"http on localhost":   {func(c *moka.Config) { c.BaseURL = "http://localhost:8090/api-platform" }, ""},
		"http on loopback v6": {func(c *moka.Config) { c.BaseURL = "http://[::1]:8090/api-platform" }, ""},
		"loopback in a name":  {func(c *moka.Config) { c.BaseURL = "http://127.0.0.1.evil.example/" }, "plain http"},
		"plain, as asked":     {func(c *moka.Config) { c.BaseURL, c.PlainHTTP = "http://simulator:8090/api-platform", true }, ""},
		"plain to Moka":       {func(c *moka.Config) { c.BaseURL, c.PlainHTTP = "http://API.mokahr.com./api-platform", true }, "plain http"},
		"none":                {func(c *moka.Config) { c.BaseURL = "" }, "MOKA_BASE_URL: missing"},
		"no URL":              {func(c *moka.Config) { c.BaseURL = "api.mokahr.com" }, "not a URL"},
		"another scheme":      {func(c *moka.Config) { c.BaseURL = "ftp://api.mokahr.com/x" }, `scheme "ftp"`},
		"with the version":    {func(c *moka.Config) { c.BaseURL += "/v1" }, "without the /v1"},
		"with a password":     {func(c *moka.Config) { c.BaseURL = "https://u:hunter2@api.mokahr.com/x" }, "goes into MOKA_API_KEY"},
		"with a query":        {func(c *moka.Config) { c.BaseURL += "?a=b" }, "query"},
		"no key":              {func(c *moka.Config) { c.APIKey = "" }, "MOKA_API_KEY: missing"},
		"key with colon":      {func(c *moka.Config) { c.APIKey += ":" }, "without the colon"},
		"both":                {func(c *moka.Config) { c.ClientID, c.ClientSecret = "a", "b" }, "not both"},
		"no secret":           {func(c *moka.Config) { c.APIKey, c.ClientID = "", "a" }, "MOKA_CLIENT_SECRET: missing"},
		"no id":               {func(c *moka.Config) { c.APIKey, c.ClientSecret = "", "a" }, "MOKA_CLIENT_ID: missing"},
		"no time":             {func(c *moka.Config) { c.Timeout = 0 }, "MOKA_TIMEOUT"},
		"no size":             {func(c *moka.Config) { c.MaxBody = 0 }, "MOKA_MAX_BODY_BYTES"},
		"2 GB":                {func(c *moka.Config) { c.MaxBody = 2 << 30 }, "MOKA_MAX_BODY_BYTES"},
		"several":             {func(c *moka.Config) { *c = moka.Config{} }, "MOKA_TIMEOUT"},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := good
			tt.change(&cfg)
			err := cfg.Validate()
			_, made := moka.New(cfg, moka.Deps{})
			switch {
			case tt.want == "" && (err != nil || made != nil):
				t.Errorf("got %v, %v", err, made)
			case tt.want != "" && (err == nil || made == nil || !strings.Contains(err.Error(), tt.want)):
				t.Errorf("got %v, %v, want %q", err, made, tt.want)
			case err != nil && (strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), testKey)):
				t.Errorf("secrets in %v", err)
			case name == "several" && strings.Count(err.Error(), "\n") != 3:
				t.Errorf("not all at once: %v", err)
			}
		})
	}
	for _, cfg := range []moka.QuotaConfig{{}, {PerMinute: -1, HeadcountWritesPerMinute: 100_000}} {
		err := cfg.Validate()
		if err == nil || !strings.Contains(err.Error(), "MOKA_QUOTA_PER_MINUTE") || !strings.Contains(err.Error(), "MOKA_HEADCOUNT_WRITES_PER_MINUTE") {
			t.Errorf("got %v", err)
		}
	}
}
