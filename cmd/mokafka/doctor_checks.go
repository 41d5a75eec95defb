package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"

	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
	"github.com/mokafka/mokafka/schemas/avsc"
)

// examination is one run of the doctor.
type examination struct {
	*program
	env     environment
	timeout time.Duration
	// role is the one whose rights and needs are looked at; group that of a
	// consumer.
	role     publish.Role
	group    string
	settings ingestSettings
	// sound are the parts of the settings without a fault, by their pointer.
	sound    map[any]bool
	findings []finding
}

func (e *examination) all(ctx context.Context) {
	e.configuration()
	e.kafka(ctx)
	e.registry(ctx)
	if e.role == publish.RoleWriteback {
		e.writebackChecks(ctx)
	}
	if e.role != publish.RoleIngest {
		return
	}
	e.mokaChecks(ctx)
	e.writebackChecks(ctx)
	e.door(ctx)
	e.stateDir()
	if e.sound[&e.settings.Ops] {
		e.port(ctx, "ops port", "OPS_ADDR", e.settings.Ops.Addr, "http", "/healthz")
	}
}

func (e *examination) configuration() {
	e.sound = map[any]bool{}
	faultless := true
	rooms := e.settings.rooms()
	if s := &e.settings; e.role != publish.RoleIngest {
		rooms = []any{&s.Kafka, &s.Topics, &s.Registry, &s.Log}
	}
	for _, room := range rooms {
		err := e.env.read(room)
		e.sound[room] = err == nil
		var wrong *wrongUseError
		if errors.As(err, &wrong) {
			var all faults
			if !errors.As(wrong.err, &all) {
				all = faults{wrong}
			}
			for _, one := range all {
				faultless = false
				e.wrong("configuration", "", "%v", one)
			}
		}
	}
	if faultless {
		e.right("configuration", "every variable is right")
	}
}

func (e *examination) kafka(ctx context.Context) {
	s := &e.settings
	if !e.sound[&s.Kafka] {
		e.skip("Kafka", "not asked: its configuration is wrong")
		return
	}
	c := connection{Kafka: s.Kafka, Topics: s.Topics}
	client, err := c.dial(ctx, e.timeout, e.quiet())
	if err != nil {
		e.wrong("Kafka", "", "%v", err)
		e.skip("topics", "not looked at: Kafka does not answer")
		return
	}
	admin := kadm.NewClient(client)
	defer admin.Close()
	ctx, cancel := context.WithTimeout(ctx, 4*e.timeout)
	defer cancel()
	e.brokers(ctx, admin)
	if !e.sound[&s.Topics] {
		e.skip("topics", "not looked at: their configuration is wrong")
		return
	}
	switch described := e.rights(ctx, client); {
	case e.role == publish.RoleConsumer || e.role == publish.RoleProducer: // how topics are set is not theirs to know
	case !described:
		e.skip("topics", "not looked at: the user may not")
	default:
		e.topics(ctx, admin)
	}
}

func (e *examination) brokers(ctx context.Context, admin *kadm.Client) {
	at := strings.Join(e.settings.Kafka.Brokers, ",")
	brokers, err := admin.ListBrokers(ctx)
	if err != nil {
		e.wrong("Kafka", "", "%s answers, but does not say who its brokers are: %v", at, err)
		return
	}
	version := "of an unknown version"
	if versions, err := admin.ApiVersions(ctx); err == nil {
		for _, v := range versions {
			if guess := v.VersionGuess(); strings.HasPrefix(guess, "v") { // else it is between two, or none
				version = "Kafka " + guess
			}
			break
		}
	}
	e.right("Kafka", "%s answers: %s, %s", at, counted(len(brokers), "broker", "brokers"), version)
	if want := e.settings.Topics.Replication; e.sound[&e.settings.Topics] && len(brokers) < want {
		e.doubt("Kafka", fmt.Sprintf("set KAFKA_TOPIC_REPLICATION=%d, or add brokers", len(brokers)),
			"it has fewer brokers than KAFKA_TOPIC_REPLICATION=%d asks for", want)
	}
}

func (e *examination) topics(ctx context.Context, admin *kadm.Client) {
	report, err := publish.Describe(ctx, admin, publish.Catalogue(e.settings.Topics))
	if err != nil {
		e.wrong("topics", "does this user have the right to describe topics and their configs?", "%v", err)
		return
	}
	if err := report.Err(); err != nil {
		e.wrong("topics", "", "%v", err)
		return
	}
	var missing, differing []string
	for _, t := range report.Topics {
		switch t.Status {
		case publish.TopicMissing:
			missing = append(missing, t.Spec.Name)
		case publish.TopicDiffers:
			differing = append(differing, t.Spec.Name)
		default:
		}
	}
	if len(missing) > 0 {
		e.wrong("topics", "mokafka topics apply", "missing: %s", some(missing))
	}
	if len(differing) > 0 {
		e.doubt("topics", "see 'mokafka topics describe'", "set otherwise than they should be: %s", some(differing))
	}
	if len(missing)+len(differing) == 0 {
		e.right("topics", "all %d are there and as they should be", len(report.Topics))
	}
}

// some names a few, and says how many there are.
func some(names []string) string {
	const few = 3
	if len(names) <= few {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:few], ", "), len(names)-few)
}

func (e *examination) registry(ctx context.Context) {
	s := &e.settings
	if !e.sound[&s.Registry] {
		e.skip("schema registry", "not asked: its configuration is wrong")
		return
	}
	at := strings.Join(s.Registry.URLs, ",")
	registry, err := connection{Registry: s.Registry}.open(e.timeout)
	if err != nil {
		e.wrong("schema registry", "", "%v", err)
		return
	}
	bundle, err := avsc.Embedded()
	if err != nil {
		e.wrong("schemas", "", "%v", err)
		return
	}
	specs := publish.Catalogue(s.Topics)
	var missing []string
	for _, spec := range specs {
		_, err := registry.LookupID(ctx, bundle, spec.Subject, spec.Record)
		switch {
		case errors.Is(err, schemas.ErrNotRegistered):
			missing = append(missing, spec.Subject)
		case errors.Is(err, schemas.ErrRegistryUnavailable):
			e.wrong("schema registry", "", "%v", noRegistry(err, s.Registry.URLs))
			e.skip("schemas", "not looked at: the registry does not answer")
			return
		case err != nil:
			e.wrong("schema registry", "", "%v", err)
			return
		}
	}
	e.right("schema registry", "%s answers", at)
	if len(missing) == 0 {
		e.right("schemas", "those of all %d topics are registered", len(specs))
		return
	}
	e.wrong("schemas", "mokafka schemas register", "not registered: %s", some(missing))
	e.compatibility(ctx, registry, bundle, specs)
}

// compatibility tells beforehand whether the registry would take the schemas.
func (e *examination) compatibility(ctx context.Context, registry *schemas.Registry, bundle avsc.Bundle, specs []publish.Spec) {
	n := 0
	for _, spec := range specs {
		found, err := registry.CheckCompatibility(ctx, bundle, spec.Subject, spec.Record)
		if err != nil {
			e.doubt("schemas", "mokafka schemas check", "cannot be compared with what is registered: %v", err)
			return
		}
		n += len(found)
	}
	if n > 0 {
		e.wrong("schemas", "see 'mokafka schemas check'; a newer mokafka may have written here",
			"not compatible with what is registered: %s", counted(n, "fault", "faults"))
	}
}
