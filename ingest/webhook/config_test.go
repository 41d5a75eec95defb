package webhook_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mokafka/mokafka/ingest/webhook"
)

func TestDefaults(t *testing.T) {
	got := config(t, "WEBHOOK_ADDR=")
	want := webhook.Config{
		Addr: ":8080", SigningKeys: []string{testKey}, TLS: "off", SOAPBearer: "any", ZhirenTonce: 30 * time.Second,
		MaxBody: 10 << 20, MaxInFlight: 1024, MaxInFlightBytes: 256 << 20, MaxHeader: 16 << 10,
		HeaderTimeout: 5 * time.Second, ReadTimeout: 15 * time.Second, WriteTimeout: 30 * time.Second,
		IdleTimeout: 2 * time.Minute, AnswerTimeout: 4500 * time.Millisecond, DrainTimeout: 10 * time.Second,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if err := got.Validate(); err != nil {
		t.Error(err)
	}
}

// TestFaults: each names its variable, and shows no secret.
func TestFaults(t *testing.T) {
	for setting, variable := range map[string]string{
		"WEBHOOK_ADDR=8080":                                           "WEBHOOK_ADDR",
		"WEBHOOK_SIGNING_KEYS=secret-a,":                              "WEBHOOK_SIGNING_KEYS",
		"WEBHOOK_SIGNING_KEYS=secret-a,secret-b,secret-a":             "WEBHOOK_SIGNING_KEYS",
		"WEBHOOK_SIGNING_KEYS=":                                       "WEBHOOK_SIGNING_KEYS",
		"WEBHOOK_DATA_KEY=secret-short":                               "WEBHOOK_DATA_KEY",
		"WEBHOOK_DATA_IV=secret-short":                                "WEBHOOK_DATA_IV",
		"WEBHOOK_DATA_KEY=" + dataKey:                                 "WEBHOOK_DATA_IV",
		"WEBHOOK_DATA_IV=" + dataIV:                                   "WEBHOOK_DATA_KEY",
		"WEBHOOK_TLS=on":                                              "WEBHOOK_TLS:",
		"WEBHOOK_TLS=files":                                           "WEBHOOK_TLS_KEY",
		"WEBHOOK_TLS_CERT=cert.pem":                                   "WEBHOOK_TLS_CERT",
		"WEBHOOK_TLS_DIR=tls":                                         "WEBHOOK_TLS_DIR",
		"WEBHOOK_SOAP_BEARER=maybe":                                   "WEBHOOK_SOAP_BEARER",
		"WEBHOOK_ZHIREN_KEYS=hush-only":                               "WEBHOOK_ZHIREN_KEYS",
		"WEBHOOK_ZHIREN_KEYS=a:hush-b,a:hush-c":                       "WEBHOOK_ZHIREN_KEYS",
		"WEBHOOK_ZHIREN_TONCE=0s":                                     "WEBHOOK_ZHIREN_TONCE",
		"WEBHOOK_PUBLIC_URL=moka-hooks.example.com":                   "WEBHOOK_PUBLIC_URL",
		"WEBHOOK_PUBLIC_URL=https://u:secret-p@x.example":             "WEBHOOK_PUBLIC_URL",
		"WEBHOOK_REDIRECT_PC_URL=ehr/{applicationId}":                 "WEBHOOK_REDIRECT_PC_URL",
		"WEBHOOK_REDIRECT_PC_URL=https://x/{application}":             "WEBHOOK_REDIRECT_PC_URL",
		"WEBHOOK_REDIRECT_MOBILE_URL=ftp://x.example":                 "WEBHOOK_REDIRECT_MOBILE_URL",
		"WEBHOOK_REDIRECT_MOBILE_URL=https://x/{candidateId":          "WEBHOOK_REDIRECT_MOBILE_URL",
		"WEBHOOK_REDIRECT_MOBILE_URL=javascript:alert({candidateId})": "WEBHOOK_REDIRECT_MOBILE_URL",
		"WEBHOOK_MAX_BODY=0":                                          "WEBHOOK_MAX_BODY",
		"WEBHOOK_MAX_BODY=12000000":                                   "WEBHOOK_MAX_BODY",
		"WEBHOOK_MAX_IN_FLIGHT=0":                                     "WEBHOOK_MAX_IN_FLIGHT",
		"WEBHOOK_MAX_IN_FLIGHT_BYTES=10485759":                        "WEBHOOK_MAX_IN_FLIGHT_BYTES",
		"WEBHOOK_MAX_HEADER=100":                                      "WEBHOOK_MAX_HEADER",
		"WEBHOOK_HEADER_TIMEOUT=0":                                    "WEBHOOK_HEADER_TIMEOUT",
		"WEBHOOK_READ_TIMEOUT=-1s":                                    "WEBHOOK_READ_TIMEOUT",
		"WEBHOOK_WRITE_TIMEOUT=16s":                                   "WEBHOOK_WRITE_TIMEOUT",
		"WEBHOOK_IDLE_TIMEOUT=0":                                      "WEBHOOK_IDLE_TIMEOUT",
		"WEBHOOK_ANSWER_TIMEOUT=0":                                    "WEBHOOK_ANSWER_TIMEOUT",
		"WEBHOOK_DRAIN_TIMEOUT=4s":                                    "WEBHOOK_DRAIN_TIMEOUT",
	} {
		err := config(t, setting).Validate()
		if err == nil || !strings.Contains(err.Error(), variable) {
			t.Errorf("%s: %v", setting, err)
		} else if strings.Contains(err.Error(), "secret-") || strings.Contains(err.Error(), "hush") || strings.Contains(err.Error(), dataKey) || strings.Contains(err.Error(), dataIV) {
			t.Errorf("%s: the error shows a secret: %v", setting, err)
		}
	}
}

func TestAllFaultsAtOnce(t *testing.T) {
	err := webhook.Config{}.Validate()
	if err == nil {
		t.Fatal("an empty configuration is valid")
	}
	for _, variable := range []string{"WEBHOOK_ADDR", "WEBHOOK_SIGNING_KEYS", "WEBHOOK_TLS", "WEBHOOK_MAX_BODY", "WEBHOOK_MAX_IN_FLIGHT", "WEBHOOK_IDLE_TIMEOUT"} {
		if !strings.Contains(err.Error(), variable) {
			t.Errorf("%v: does not name %s", err, variable)
		}
	}
}

func TestSecretsAreNotMarshalled(t *testing.T) {
	text, err := json.Marshal(config(t, encrypting...))
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{testKey, dataKey, dataIV} {
		if strings.Contains(string(text), secret) {
			t.Errorf("%s shows %q", text, secret)
		}
	}
}
