package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/mokafka/mokafka/ingest/webhook"
	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
)

// form reads the webhooks of dead letters anew. It is the door itself, with
// nobody before it and nothing behind: the letters were authentic, so they are
// signed with a key made up here, and what the door would journal is taken down.
type form struct {
	*program
	records *publish.Records
	key     string
}

func (p *program) newForm(records *publish.Records) *form {
	return &form{program: p, records: records, key: newID()}
}

// Read implements recovery.Form.
func (f *form) Read(ctx context.Context, letter *schemas.DeadLetter) ([]*schemas.JournalEntry, error) {
	if letter.OrgID == nil || letter.Endpoint == nil {
		return nil, errors.New("the letter does not say whose it is, or which door it came to")
	}
	req, err := f.request(ctx, letter)
	if err != nil {
		return nil, err
	}
	var cfg webhook.Config
	if err := f.doorEnvironment().read(&cfg); err != nil {
		return nil, err
	}
	taken := &takenDown{records: f.records}
	var m account
	_, _ = f.environment().fill(&m) // what it does not say does not matter here
	door, err := webhook.New(cfg, webhook.Deps{
		OrgID: *letter.OrgID, Journal: taken, DeadLetters: taken, Log: zerolog.Nop(), Metrics: prometheus.NewRegistry(),
		Now: func() time.Time { return letter.OccurredAt }, Zone: m.zone(),
	})
	if err != nil {
		return nil, err
	}
	var answer discarded
	door.Handler().ServeHTTP(&answer, req)
	switch {
	case taken.again != nil:
		return nil, fmt.Errorf("%s: %s", taken.again.ErrorClass, taken.again.ErrorText)
	case len(taken.entries) == 0:
		return nil, fmt.Errorf("the door answers with status %d", answer.status)
	}
	return taken.entries, nil
}

// doorEnvironment has what reading depends on, and no other variable of a door.
func (f *form) doorEnvironment() environment {
	e := f.environment()
	lookup := e.lookup
	e.lookup = func(name string) (string, bool) {
		if strings.HasPrefix(name, "WEBHOOK_DATA_") {
			return lookup(name)
		}
		return "", false
	}
	e.defaults = map[string]string{"WEBHOOK_SIGNING_KEYS": f.key, "WEBHOOK_ZHIREN_KEYS": redriver + ":" + f.key, "WEBHOOK_SOAP_BEARER": webhook.BearerKey}
	return e
}

// redriver is the access key of Zhiren forms that are signed here.
const redriver = "redrive"

// request is the letter as it came, signed anew.
func (f *form) request(ctx context.Context, letter *schemas.DeadLetter) (*http.Request, error) {
	target, contentType, body := webhook.RESTPath+"?sign="+webhook.Sign(f.key, letter.Body), letter.ContentType, letter.Body
	switch *letter.Endpoint {
	case "webhook/rest":
	case "webhook/soap":
		target = webhook.SOAPPath
	case "webhook/zhiren":
		target = webhook.ZhirenPath
		var err error
		if body, err = f.resealed(ctx, letter); err != nil {
			return nil, err
		}
		contentType = "application/x-www-form-urlencoded"
	default:
		return nil, fmt.Errorf("there is no door %q", *letter.Endpoint)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, target, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("make the request anew: %w", err)
	}
	req.Header.Set("Content-Type", contentType)
	req.Header.Set("Authorization", "Bearer "+f.key)
	return req, nil
}

// resealed is a Zhiren form with its payload and its time, signed anew.
func (f *form) resealed(ctx context.Context, letter *schemas.DeadLetter) ([]byte, error) {
	sent, err := http.NewRequestWithContext(ctx, http.MethodPost, webhook.ZhirenPath, bytes.NewReader(letter.Body))
	if err != nil {
		return nil, fmt.Errorf("make the form anew: %w", err)
	}
	sent.Header.Set("Content-Type", letter.ContentType)
	payload, tonce := sent.PostFormValue("payload"), sent.PostFormValue("tonce") // "" where there is no form
	if _, err := strconv.ParseInt(tonce, 10, 64); err != nil || payload == "" {
		return nil, errors.New("it is not the form that Moka documents")
	}
	return []byte(url.Values{
		"payload": {payload}, "access_key": {redriver}, "tonce": {tonce},
		"signature": {webhook.SignZhiren(f.key, http.MethodPost, webhook.ZhirenPath, redriver, tonce, []byte(payload))},
	}.Encode()), nil
}

// takenDown is the journal and the dead letters of a door that writes nothing.
type takenDown struct {
	records *publish.Records
	entries []*schemas.JournalEntry
	again   *schemas.DeadLetter
}

// Append implements webhook.Journal.
func (t *takenDown) Append(_ context.Context, entries ...*schemas.JournalEntry) error {
	for _, entry := range entries {
		if _, err := t.records.JournalEntry(entry); err != nil {
			return fmt.Errorf("take down an entry: %w", err)
		}
	}
	t.entries = append(t.entries, entries...)
	return nil
}

// Put implements webhook.DeadLetters.
func (t *takenDown) Put(_ context.Context, letter schemas.DeadLetter) error {
	t.again = &letter
	return nil
}

// discarded is an answer that nobody waits for.
type discarded struct {
	header http.Header
	status int
}

func (d *discarded) Header() http.Header {
	if d.header == nil {
		d.header = http.Header{}
	}
	return d.header
}

func (d *discarded) Write(b []byte) (int, error) {
	d.WriteHeader(http.StatusOK)
	return len(b), nil
}

func (d *discarded) WriteHeader(status int) {
	if d.status == 0 {
		d.status = status
	}
}
