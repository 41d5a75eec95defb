package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/rs/zerolog"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
)

// preparation waits for Kafka and the registry, and checks what they hold.
type preparation struct {
	connection
	name     string        // who waits
	limit    time.Duration // START_TIMEOUT
	client   *kgo.Client
	registry *schemas.Registry
	encoder  *publish.Encoder
	log      zerolog.Logger
	now      clock
}

const (
	// attemptTimeout bounds one try.
	attemptTimeout = 10 * time.Second
	// attemptPause is how long to wait for the next.
	attemptPause = time.Second
	// sayEvery is how often it is said that the waiting goes on.
	sayEvery = 10 * time.Second
	// propagation is how long brokers may take to hear of topics that another
	// of them has just created.
	propagation = 3 * time.Second
)

// absentError wraps errors that time may mend.
type absentError struct{ err error }

func (a *absentError) Error() string { return a.err.Error() }
func (a *absentError) Unwrap() error { return a.err }

// refusalError says what has to be done before the worker can start.
type refusalError struct{ what, mend string }

func (r *refusalError) Error() string { return fmt.Sprintf("%s: run '%s' first", r.what, r.mend) }

// wait returns once topics and schemas were found right. It fails when they are
// not, when Kafka or the registry are still away after START_TIMEOUT, when
// another part fails, or when ctx ends.
func (p preparation) wait(ctx context.Context, ps *parts) error {
	began := p.now()
	var said, refused time.Time
	for {
		err := p.attempt(ctx)
		var away *absentError
		var refusal *refusalError
		switch {
		case errors.As(err, &away):
			refused = time.Time{}
		case !errors.As(err, &refusal):
			return err
		case refused.IsZero():
			refused = p.now()
		case p.now().Sub(refused) >= propagation:
			return err
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		waited := p.now().Sub(began)
		if waited >= p.limit {
			return fmt.Errorf("given up after %s (START_TIMEOUT): %w", p.limit, err)
		}
		if away != nil && (said.IsZero() || p.now().Sub(said) >= sayEvery) {
			said = p.now()
			p.log.Warn().Str("reason", err.Error()).Stringer("waited", waited.Round(time.Second)).Stringer("limit", p.limit).Msg(p.name + " waits for Kafka and the schema registry")
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case err := <-ps.failed:
			return err
		case <-time.After(attemptPause):
		}
	}
}

func (p preparation) attempt(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, attemptTimeout)
	defer cancel()
	if err := p.client.Ping(ctx); err != nil {
		return &absentError{fmt.Errorf("no Kafka broker answers at %s: %w", strings.Join(p.Kafka.Brokers, ","), err)}
	}
	specs := publish.Catalogue(p.Topics)
	report, err := publish.Describe(ctx, kadm.NewClient(p.client), specs)
	if err != nil {
		return &absentError{err}
	}
	if err := topicsFit(report); err != nil {
		return err
	}
	if err := schemasFit(ctx, p.registry, p.encoder, specs, p.Registry.URLs); err != nil {
		return err
	}
	for _, t := range report.Topics {
		for _, d := range t.Differences {
			if d.Name == "max.message.bytes" && tooSmall(d) {
				return &refusalError{
					fmt.Sprintf("%s takes records of %s bytes, and %s may come", t.Spec.Name, d.Found, d.Wanted),
					"mokafka topics apply --alter",
				}
			}
			p.log.Warn().Str("topic", t.Spec.Name).Str("what", d.Name).Str("wanted", d.Wanted).Str("found", d.Found).
				Msg("a topic is set otherwise than it should be: see 'mokafka topics describe'")
		}
	}
	return nil
}

// topicsFit refuses topics that are missing or have wrong partition counts.
func topicsFit(report publish.Report) error {
	if err := report.Err(); err != nil {
		return err
	}
	var missing []string
	for _, t := range report.Topics {
		if t.Status == publish.TopicMissing {
			missing = append(missing, t.Spec.Name)
		}
	}
	switch len(missing) {
	case 0:
		return nil
	case 1:
		return &refusalError{"the topic " + missing[0] + " is missing", "mokafka topics apply"}
	}
	return &refusalError{fmt.Sprintf("%d topics are missing, such as %s", len(missing), missing[0]), "mokafka topics apply"}
}

// schemasFit finds the ids of all schemas.
func schemasFit(ctx context.Context, registry *schemas.Registry, encoder *publish.Encoder, specs []publish.Spec, urls []string) error {
	err := encoder.Prepare(ctx, registry, specs)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, schemas.ErrRegistryUnavailable):
		return &absentError{noRegistry(err, urls)}
	case errors.Is(err, schemas.ErrNotRegistered):
		n := len(leaves(err))
		return &refusalError{fmt.Sprintf("the schemas of %d topics are not registered at %s", n, strings.Join(urls, ",")), "mokafka schemas register"}
	}
	return err
}

// tooSmall tells whether a topic's limit is below what is wanted; any other
// difference of limits does no harm.
func tooSmall(d publish.Difference) bool {
	found, err := strconv.Atoi(d.Found)
	if err != nil {
		return false
	}
	wanted, err := strconv.Atoi(d.Wanted)
	return err == nil && found < wanted
}
