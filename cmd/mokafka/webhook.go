package main

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/mokafka/mokafka/ingest/webhook"
)

func (p *program) webhookCommand() *cobra.Command {
	return group(&cobra.Command{
		Use:     "webhook",
		Short:   "Send webhooks, to try an installation out",
		GroupID: groupLook,
	}, p.webhookSendCommand())
}

// sendOptions say what is sent where, and how it is sealed.
type sendOptions struct {
	door, url, key  string
	dataKey, dataIV string
	fresh, insecure bool
	timeout         time.Duration
}

func (p *program) webhookSendCommand() *cobra.Command {
	var opts sendOptions
	cmd := &cobra.Command{
		Use:   "send FILE",
		Short: "Sign a payload and send it, as Moka does",
		Long: "Signs the payload in FILE (- is standard input) and sends it to a webhook door, as Moka\n" +
			"does, and says what the answer means.\n\n" +
			"A webhook that was seen before derives nothing: --fresh gives it an id of its own and has\n" +
			"it triggered now. With --data-key and --data-iv its data is encrypted.\n\n" +
			"With --door soap, FILE is an XML document and the key goes along as the Bearer token; with\n" +
			"--door zhiren it is a payload for the Zhiren receiver, sent as of now, and the key is of the\n" +
			"form access_key:secret (default: WEBHOOK_ZHIREN_KEYS, else that of 'mokafka dev').\n\n" +
			"Without --key the first of WEBHOOK_SIGNING_KEYS signs, else the key of 'mokafka dev'.",
		Example: "  mokafka webhook send --fresh webhook_pushCandidate.json\n" +
			"  mokafka webhook send - --url https://moka.example.com/webhooks/moka --key \"$KEY\" < payload.json",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.send(cmd, opts, args[0])
		},
	}
	cmd.Flags().StringVar(&opts.door, "door", doorREST, "rest, soap or zhiren")
	cmd.Flags().StringVar(&opts.url, "url", devWebhookURL, "the door; that of dev for the other --doors")
	cmd.Flags().StringVar(&opts.key, "key", "", "signing key (default: WEBHOOK_SIGNING_KEYS, else "+devSigningKey+")")
	cmd.Flags().StringVar(&opts.dataKey, "data-key", "", "encrypt data with this key of 32 characters")
	cmd.Flags().StringVar(&opts.dataIV, "data-iv", "", "and this IV of 16 characters")
	cmd.Flags().BoolVar(&opts.fresh, "fresh", false, "give it a new id, triggered now")
	cmd.Flags().BoolVar(&opts.insecure, "insecure", false, "take any certificate, as Moka does")
	cmd.Flags().DurationVar(&opts.timeout, "timeout", 15*time.Second, "how long the answer may take")
	return cmd
}

func (p *program) send(cmd *cobra.Command, opts sendOptions, file string) error {
	target, err := opts.target(cmd)
	if err != nil {
		return err
	}
	key, err := p.signingKey(opts.door, opts.key)
	if err != nil {
		return err
	}
	body, err := p.prepared(opts, file)
	if err != nil {
		return err
	}
	request, err := p.seal(opts.door, *target, key, body)
	if err != nil {
		return err
	}
	status, answer, err := post(cmd.Context(), request, opts)
	if err != nil {
		return fmt.Errorf("send to %s: %w", target.Redacted(), err)
	}
	verdict := status
	if opts.door == doorSOAP {
		verdict = soapVerdict(status, answer)
	}
	fmt.Fprintf(p.stdout, "HTTP %d  %s\n%s\n", status, bytes.TrimSpace(answer), meaning(verdict))
	if verdict < 200 || verdict > 299 {
		return errReported
	}
	return nil
}

// target checks the options and returns the door's address.
func (o *sendOptions) target(cmd *cobra.Command) (*url.URL, error) {
	path, known := doorPaths[o.door]
	address := o.url
	if !cmd.Flags().Changed("url") {
		address = strings.TrimSuffix(devWebhookURL, webhook.RESTPath) + path
	}
	target, err := url.Parse(address)
	switch {
	case !known:
		return nil, wrongly(cmd, "--door: want %s, %s or %s", doorREST, doorSOAP, doorZhiren)
	case err != nil || target.Host == "" || target.Scheme != "http" && target.Scheme != "https":
		return nil, wrongly(cmd, "--url: want an address such as %s", devWebhookURL)
	case (o.dataKey == "") != (o.dataIV == ""):
		return nil, wrongly(cmd, "--data-key and --data-iv go together")
	case o.door != doorREST && o.dataKey != "", o.door == doorZhiren && o.fresh:
		return nil, wrongly(cmd, "--data-key is for --door rest, and --fresh for rest and soap")
	}
	return target, nil
}

// prepared is the payload as it is to be sealed.
func (p *program) prepared(opts sendOptions, file string) ([]byte, error) {
	body, err := p.readPayload(file)
	if err != nil {
		return nil, err
	}
	if opts.fresh {
		freshen := freshened
		if opts.door == doorSOAP {
			freshen = freshenedXML
		}
		if body, err = freshen(body, p.now()); err != nil {
			return nil, fmt.Errorf("--fresh: %s: %w", file, err)
		}
	}
	if opts.dataKey != "" {
		if body, err = encrypted(body, opts.dataKey, opts.dataIV); err != nil {
			return nil, fmt.Errorf("encrypt %s: %w", file, err)
		}
	}
	return body, nil
}

// seal makes the request that a door takes.
func (p *program) seal(door string, target url.URL, key string, body []byte) (sealed, error) {
	switch door {
	case doorSOAP:
		return sealSOAP(target, key, body)
	case doorZhiren:
		return sealZhiren(target, key, body, p.now())
	default:
		query := target.Query()
		query.Set("sign", webhook.Sign(key, body))
		target.RawQuery = query.Encode()
		return sealed{target: target.String(), contentType: "application/json", body: body}, nil
	}
}

// signingKey is the one given, else the first that the door here takes.
func (p *program) signingKey(door, given string) (string, error) {
	var keys struct {
		Signing []string `env:"WEBHOOK_SIGNING_KEYS" json:"-"`
		Zhiren  []string `env:"WEBHOOK_ZHIREN_KEYS" json:"-"`
	}
	if given != "" {
		return given, nil
	}
	if err := p.environment().read(&keys); err != nil {
		return "", err
	}
	if door == doorZhiren {
		return append(keys.Zhiren, devZhirenKey)[0], nil
	}
	return append(keys.Signing, devSigningKey)[0], nil
}

// maxPayload is more than any door takes.
const maxPayload = 32 << 20

func (p *program) readPayload(file string) ([]byte, error) {
	in := p.stdin
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return nil, fmt.Errorf("read the payload: %w", err)
		}
		defer f.Close() //nolint:errcheck // it was only read
		in = f
	}
	body, err := io.ReadAll(io.LimitReader(in, maxPayload))
	if err != nil {
		return nil, fmt.Errorf("read the payload: %w", err)
	}
	if len(body) == 0 {
		return nil, fmt.Errorf("read the payload: %s is empty", file)
	}
	return body, nil
}

func post(ctx context.Context, request sealed, opts sendOptions) (status int, answer []byte, err error) {
	ctx, cancel := context.WithTimeout(ctx, opts.timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, request.target, bytes.NewReader(request.body))
	if err != nil {
		return 0, nil, errors.New("the address cannot be used")
	}
	req.Header.Set("Content-Type", request.contentType)
	if request.token != "" {
		req.Header.Set("Authorization", "Bearer "+request.token)
	}
	transport := &http.Transport{
		Proxy:             http.ProxyFromEnvironment,
		DisableKeepAlives: true,
		TLSClientConfig:   &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: opts.insecure}, //nolint:gosec // asked for with --insecure
	}
	resp, err := (&http.Client{Transport: transport}).Do(req)
	if err != nil {
		return 0, nil, unsent(err, opts.timeout)
	}
	defer resp.Body.Close()
	answer, err = io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	if err != nil {
		return 0, nil, unsent(err, opts.timeout)
	}
	return resp.StatusCode, answer, nil
}

// unsent says in words why there is no answer. The client's own error would show
// the signature.
func unsent(err error, timeout time.Duration) error {
	var of *url.Error
	if errors.As(err, &of) {
		err = of.Err
	}
	var unknown *tls.CertificateVerificationError
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return errors.New("nothing listens there: start 'mokafka dev' or 'mokafka ingest', or give another --url")
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("no answer within %s", timeout)
	case errors.As(err, &unknown):
		return fmt.Errorf("%w: --insecure takes any certificate, as Moka does", err)
	case strings.Contains(err.Error(), "server gave HTTP response to HTTPS client"):
		return errors.New("the door speaks plain HTTP: give an address with http://")
	}
	return err
}

// meaning explains an answer of the door.
func meaning(status int) string {
	switch status {
	case http.StatusOK:
		return "taken: it is in the journal. Its events follow: mokafka tail candidates, offers or interviews\n" +
			"(none if this very webhook was sent before, or is older than what is known of its application:\n" +
			"--fresh makes it a new one; and none of an event that Moka does not document)"
	case http.StatusUnauthorized:
		return "refused: the signature fits none of the door's keys. Give the right one with --key or WEBHOOK_SIGNING_KEYS"
	case http.StatusUnprocessableEntity:
		return "refused: it is authentic, but cannot be read. It is kept, with the reason: mokafka tail dlq --from 5m --json"
	case http.StatusRequestEntityTooLarge:
		return "refused: it is larger than the door takes (WEBHOOK_MAX_BODY)"
	case http.StatusConflict:
		return "refused: this very push was taken before"
	case http.StatusTooManyRequests:
		return "refused: the door is busy. Send it again"
	case http.StatusServiceUnavailable:
		return "refused: Kafka did not take it in time. See /readyz of the ops port, and send it again later"
	case http.StatusNotFound:
		return "refused: no door has this path; mokafka's is " + webhook.RESTPath
	case http.StatusBadRequest:
		return "refused: if the door serves HTTPS, give an address with https:// (and --insecure)"
	}
	return cmp.Or(http.StatusText(status), "an answer that mokafka does not give") + ": is this address a door of mokafka?"
}
