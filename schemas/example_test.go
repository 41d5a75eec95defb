package schemas_test

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/mokafka/mokafka/schemas"
	"github.com/mokafka/mokafka/schemas/avsc"
	"github.com/mokafka/mokafka/schemas/schemastest"
)

// produced stands for a record of moka.offers.v1, as a Kafka client hands it to a
// consumer, and the address of the registry it was written by way of.
func produced() (value []byte, registryURL string, stop func()) {
	server := httptest.NewServer(schemastest.New())
	registry, err := schemas.NewRegistry(schemas.RegistryConfig{URLs: []string{server.URL}, Timeout: 5 * time.Second})
	if err != nil {
		panic(err)
	}
	bundle, err := avsc.Embedded()
	if err != nil {
		panic(err)
	}
	id, err := registry.Register(context.Background(), bundle, "moka.offers.v1-value", "OfferEvent")
	if err != nil {
		panic(err)
	}
	codec, err := schemas.NewCodec()
	if err != nil {
		panic(err)
	}
	event := sampleEvent()
	value, err = codec.Append(schemas.AppendHeader(nil, id), &event)
	if err != nil {
		panic(err)
	}
	return value, server.URL, server.Close
}

// A consumer needs the registry's address and the topic's record type. Errors
// that are ErrRegistryUnavailable are worth a retry, others are not.
func Example_consume() {
	value, registryURL, stop := produced()
	defer stop()

	registry, err := schemas.NewRegistry(schemas.RegistryConfig{URLs: []string{registryURL}, Timeout: 5 * time.Second})
	if err != nil {
		fmt.Println(err)
		return
	}
	decoder, err := schemas.NewDecoder(registry)
	if err != nil {
		fmt.Println(err)
		return
	}

	event, err := schemas.DecodeAs[schemas.OfferEvent](context.Background(), decoder, value)
	switch {
	case errors.Is(err, schemas.ErrRegistryUnavailable):
		fmt.Println("try again:", err)
	case err != nil:
		fmt.Println("leave aside:", err)
	case event.After != nil && event.Type == schemas.OfferEventTypeSent:
		fmt.Printf("application %d: offer sent, starting on %s\n", event.ApplicationID, event.After.StartDate.Format(time.DateOnly))
	}
	// Output: application 7: offer sent, starting on 2018-05-03
}

// A consumer of several topics asks what a value holds.
func ExampleDecoder_Decode() {
	value, registryURL, stop := produced()
	defer stop()
	registry, err := schemas.NewRegistry(schemas.RegistryConfig{URLs: []string{registryURL}, Timeout: 5 * time.Second})
	if err != nil {
		fmt.Println(err)
		return
	}
	decoder, err := schemas.NewDecoder(registry)
	if err != nil {
		fmt.Println(err)
		return
	}

	record, err := decoder.Decode(context.Background(), value)
	if err != nil {
		fmt.Println(err)
		return
	}
	switch r := record.(type) {
	case *schemas.CandidateEvent:
		fmt.Println("candidate", r.Type)
	case *schemas.OfferEvent:
		fmt.Println("offer", r.Type, r.ChangedFields)
	}
	// Output: offer SENT [salary_amount]
}

// Scripts and people read JSON; the writer's own schema is used, so that newer
// records are shown with all they have.
func ExampleDecoder_JSON() {
	value, registryURL, stop := produced()
	defer stop()
	registry, err := schemas.NewRegistry(schemas.RegistryConfig{URLs: []string{registryURL}, Timeout: 5 * time.Second})
	if err != nil {
		fmt.Println(err)
		return
	}
	decoder, err := schemas.NewDecoder(registry)
	if err != nil {
		fmt.Println(err)
		return
	}

	text, record, err := decoder.JSON(context.Background(), value)
	if err != nil {
		fmt.Println(err)
		return
	}
	head, _, _ := strings.Cut(string(text), `,"source"`)
	fmt.Println(record)
	fmt.Println(head)
	// Output:
	// com.moka.OfferEvent
	// {"event_id":"e","type":"SENT","op":"UPDATE","org_id":"demo","application_id":7,"candidate_id":null,"occurred_at":null,"observed_at":"2026-01-02T03:04:05.006Z","version":3
}

// Before a schema is changed for good, its changes are judged.
func ExampleCheckFull() {
	older, err := avsc.Embedded()
	if err != nil {
		fmt.Println(err)
		return
	}
	newer, err := avsc.Embedded()
	if err != nil {
		fmt.Println(err)
		return
	}
	newer["Person"] = strings.Replace(newer["Person"], `"fields": [`, `"fields": [{"name": "badge", "type": "int"},`, 1)

	found, err := schemas.CheckFull(older, newer, "OfferEvent")
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, in := range found {
		fmt.Println(in)
	}
	// Output: com.moka.Person.badge, new reader: the field is new and has no default: give it a default: "type": ["null", …], "default": null
}
