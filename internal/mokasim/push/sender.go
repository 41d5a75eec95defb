package push

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net/http"
	"net/url"
	"time"
)

// Config of a Sender.
type Config struct {
	URL         *url.URL
	SOAP        *url.URL      // of the SOAP door; nil without
	Zhiren      *url.URL      // of the Zhiren receiver; nil without
	Backoff     time.Duration // before the first repetition; doubles
	Timeout     time.Duration // of one attempt
	InsecureTLS bool          // accept any certificate, as Moka documents it does
	Connections int           // kept open between pushes
}

// Clock is what a Sender needs of time.
type Clock interface {
	Now() time.Time
	After(time.Duration) <-chan time.Time
}

// Sender delivers messages. It is safe for concurrent use and starts nothing
// that outlives a Send, idle connections aside: see Close.
type Sender struct {
	cfg       Config
	clock     Clock
	transport *http.Transport
	client    *http.Client
}

const answerLimit = 64 << 10

// NewSender makes a Sender to cfg.URL.
func NewSender(cfg Config, clock Clock) *Sender {
	transport := &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		MaxIdleConnsPerHost: max(cfg.Connections, 1),
		IdleConnTimeout:     30 * time.Second,
		TLSHandshakeTimeout: cfg.Timeout,
		TLSClientConfig:     &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: cfg.InsecureTLS}, //nolint:gosec // Moka documents that it accepts self-signed certificates
	}
	return &Sender{cfg: cfg, clock: clock, transport: transport, client: &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// Close drops idle connections.
func (s *Sender) Close() { s.transport.CloseIdleConnections() }

// Send delivers a message, repeating it up to retries times after a 5xx, a
// time-out or a broken connection, and tells what became of it. When ctx ends
// before the push is settled it is abandoned: it may have arrived or not.
func (s *Sender) Send(ctx context.Context, message Message, retries int) Record {
	record := Record{
		Event: message.Webhook.Event, WebhookID: message.Webhook.ID, TriggeredAt: message.Webhook.TriggeredAt,
		ApplicationIDs: message.Webhook.ApplicationIDs, Encrypted: message.Manner.Encrypt,
		Key: message.Manner.Key, Tampered: message.Manner.Tamper, Door: message.Manner.Door,
		Attempts: []Attempt{}, Outcome: Abandoned, Body: string(message.Body),
	}
	if record.Key == "" {
		record.Key = KeyCurrent
	}
	wait := s.cfg.Backoff
	for try := 0; ctx.Err() == nil; try++ {
		answer, attempt := s.attempt(ctx, message)
		record.Attempts = append(record.Attempts, attempt)
		record.judge(attempt, answer)
		if try >= retries || !repeatable(attempt) {
			break
		}
		select {
		case <-s.clock.After(wait):
			wait *= 2
		case <-ctx.Done():
		}
	}
	if record.Outcome != Delivered && ctx.Err() != nil {
		record.Outcome = Abandoned
	}
	return record
}

// attempt makes one request; its answer is nil if there was none.
func (s *Sender) attempt(ctx context.Context, message Message) ([]byte, Attempt) {
	ctx, cancel := context.WithTimeout(ctx, s.cfg.Timeout)
	defer cancel()
	target := *s.target(message.Manner.Door)
	if message.Sign != "" {
		query := target.Query()
		query.Set("sign", message.Sign)
		target.RawQuery = query.Encode()
	}
	attempt := Attempt{At: s.clock.Now()}
	finish := func(status int, err error) Attempt {
		attempt.Millis = float64(s.clock.Now().Sub(attempt.At).Microseconds()) / 1000
		attempt.Status = status
		if err != nil {
			attempt.Error = plain(err)
			attempt.TimedOut = errors.Is(err, context.DeadlineExceeded)
		}
		return attempt
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, target.String(), bytes.NewReader(message.Body))
	if err != nil {
		return nil, finish(0, err)
	}
	request.Header.Set("Content-Type", message.ContentType)
	if message.Manner.Door == DoorSOAP {
		request.Header.Set("SOAPAction", `""`)
	}
	if message.Token != "" {
		request.Header.Set("Authorization", "Bearer "+message.Token)
	}
	response, err := s.client.Do(request)
	if err != nil {
		return nil, finish(0, err)
	}
	answer, err := io.ReadAll(io.LimitReader(response.Body, answerLimit))
	closeErr := response.Body.Close()
	if err = errors.Join(err, closeErr); err != nil {
		return nil, finish(0, err) // half an answer is none
	}
	return answer, finish(response.StatusCode, nil)
}

// target is the address of a door.
func (s *Sender) target(door string) *url.URL {
	switch door {
	case DoorSOAP:
		return s.cfg.SOAP
	case DoorZhiren:
		return s.cfg.Zhiren
	default:
		return s.cfg.URL
	}
}

// plain is an error's text without the URL, which carries the signature.
func plain(err error) string {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err
	}
	return err.Error()
}

func repeatable(attempt Attempt) bool { return attempt.Status == 0 || attempt.Status >= 500 }
