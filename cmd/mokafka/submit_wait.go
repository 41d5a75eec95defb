package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/mokafka/mokafka/schemas"
)

// receipt is the result as programs get it.
type receipt struct {
	CommandID string `json:"command_id"`
	Key       string `json:"key"`
	Action    string `json:"action"`
	// Topic, Partition and Offset are where the command is, null where nothing was
	// sent, because it was before.
	Topic     *string `json:"topic"`
	Partition *int32  `json:"partition"`
	Offset    *int64  `json:"offset"`
	// Outcome is null where it was not waited for, or in vain.
	Outcome     *schemas.WritebackOutcome `json:"outcome"`
	Reason      *string                   `json:"reason,omitempty"`
	Field       *string                   `json:"field,omitempty"`
	Before      json.RawMessage           `json:"before,omitempty"`
	After       json.RawMessage           `json:"after,omitempty"`
	MokaCode    *string                   `json:"moka_code,omitempty"`
	MokaMessage *string                   `json:"moka_message,omitempty"`
	Attempts    int32                     `json:"attempts,omitempty"`
	DurationMs  *int64                    `json:"duration_ms,omitempty"`
	HeadcountID *int64                    `json:"headcount_id,omitempty"`
	CreatedID   *int64                    `json:"created_id,omitempty"`
	FakeOfferID *string                   `json:"fake_offer_id,omitempty"`
}

// follow says where the command is, and waits for its result where that is wanted.
func (s *submission) follow(ctx context.Context, end int64) error {
	id := s.req.Command.CommandID
	if !s.opts.asJSON {
		fmt.Fprintf(s.stdout, "%s  sent: %s for %s\n", id, s.req.Action, s.req.Key)
	}
	if !s.opts.wait {
		if s.opts.asJSON {
			return s.write(s.receipt(nil))
		}
		return nil
	}
	waiting, cancel := context.WithTimeout(ctx, s.opts.timeout)
	defer cancel()
	result, err := s.await(waiting, end)
	switch {
	case result != nil:
		return s.show(result)
	case ctx.Err() != nil:
		err = errors.New("no longer waiting")
	case errors.Is(err, context.DeadlineExceeded):
		err = fmt.Errorf("no result within %s%s", s.opts.timeout, s.nobody(ctx))
	}
	if s.opts.asJSON {
		err = errors.Join(s.write(s.receipt(nil)), err)
	}
	return fmt.Errorf("%w\nThe command stays in the topic, and is carried out all the same. What becomes of it:\n"+
		"  %s tail results --from earliest --key %s%s", err, s.called(), id, s.elsewhere)
}

// await returns the command's first result that is not its intent.
func (s *submission) await(ctx context.Context, from int64) (*schemas.WritebackResult, error) {
	var found *schemas.WritebackResult
	err := s.read(ctx, from, func(rec *kgo.Record) (done bool, err error) {
		if string(rec.Key) != s.req.Command.CommandID || rec.Value == nil || rec.Attrs.IsControl() {
			return false, nil
		}
		result, err := schemas.DecodeAs[schemas.WritebackResult](ctx, s.decoder, rec.Value)
		if err != nil {
			return false, fmt.Errorf("read the result: %w", err)
		}
		if result.Outcome == schemas.WritebackOutcomePending {
			return false, nil
		}
		found = result
		return true, nil
	})
	return found, err
}

// read reads the results' partition from an offset on, control records included,
// until see is done.
func (s *submission) read(ctx context.Context, from int64, see func(*kgo.Record) (done bool, err error)) error {
	opts, err := s.org.Kafka.Options("submit", s.quiet(), nil)
	if err != nil {
		return &wrongUseError{err}
	}
	topic := s.org.Topics.Topics().Results()
	client, err := kgo.NewClient(append(opts,
		kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic: {s.partition: kgo.NewOffset().At(from)}}),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()), kgo.KeepControlRecords(),
		kgo.FetchMaxWait(250*time.Millisecond), kgo.MetadataMinAge(250*time.Millisecond),
	)...)
	if err != nil {
		return fmt.Errorf("make the Kafka client: %w", err)
	}
	defer client.Close()
	for {
		fetches := client.PollFetches(ctx)
		if err := ctx.Err(); err != nil {
			return err
		}
		for _, e := range fetches.Errors() {
			return fmt.Errorf("read %s/%d: %w", e.Topic, e.Partition, e.Err)
		}
		for _, rec := range fetches.Records() {
			if done, err := see(rec); done || err != nil {
				return err
			}
		}
	}
}

// receipt is of the result, nil where it is not known.
func (s *submission) receipt(r *schemas.WritebackResult) receipt {
	out := receipt{CommandID: s.req.Command.CommandID, Key: s.req.Key, Action: s.req.Action}
	if s.sent != nil {
		out.Topic, out.Partition, out.Offset = &s.sent.Topic, &s.sent.Partition, &s.sent.Offset
	}
	if r == nil {
		return out
	}
	out.Outcome, out.Reason, out.Field, out.MokaCode, out.MokaMessage = &r.Outcome, r.Reason, r.Field, r.MokaCode, r.MokaMessage
	out.Attempts, out.DurationMs, out.HeadcountID, out.CreatedID, out.FakeOfferID = r.Attempts, r.DurationMs, r.HeadcountID, r.CreatedID, r.FakeOfferID
	out.Before, out.After = rawJSON(r.Before), rawJSON(r.After)
	return out
}

func rawJSON(text *string) json.RawMessage {
	if text == nil || !json.Valid([]byte(*text)) {
		return nil
	}
	return json.RawMessage(*text)
}

func (s *submission) write(r receipt) error {
	enc := json.NewEncoder(s.stdout)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(r); err != nil {
		return fmt.Errorf("write JSON: %w", err)
	}
	return nil
}

// show tells the result, and returns nil for success.
func (s *submission) show(r *schemas.WritebackResult) error {
	if s.opts.asJSON {
		if err := s.write(s.receipt(r)); err != nil {
			return err
		}
	} else {
		s.tell(r)
	}
	if r.Outcome != schemas.WritebackOutcomeApplied && r.Outcome != schemas.WritebackOutcomeAlreadyApplied {
		return errReported
	}
	return nil
}

// tell is show for people.
func (s *submission) tell(r *schemas.WritebackResult) {
	line := func(name, text string) { fmt.Fprintf(s.stdout, "  %-9s %s\n", name, text) }
	fmt.Fprintf(s.stdout, "%s  %s\n", r.CommandID, r.Outcome)
	if r.Reason != nil {
		line("reason", *r.Reason)
	}
	if before, after := inShort(r.Before), inShort(r.After); before != "" || after != "" {
		if after == "" {
			line("it is", before)
		} else {
			line(*orEmpty(r.Field), before+" → "+after)
		}
	}
	if r.MokaCode != nil {
		line("Moka", *r.MokaCode+" "+*orEmpty(r.MokaMessage))
	}
	if r.CreatedID != nil {
		line("created", fmt.Sprintf("headcount %d", *r.CreatedID))
	}
	if r.FakeOfferID != nil {
		line("created", "fake offer "+*r.FakeOfferID)
	}
	if r.Outcome == schemas.WritebackOutcomeParked {
		line("see", s.called()+" parked list"+s.elsewhere)
	}
}

// inShort is a value of before or after as one would say it: the name and the id
// of a stage, the word of a status, else its JSON.
func inShort(text *string) string {
	if text == nil {
		return ""
	}
	var named struct {
		ID   json.Number `json:"id"`
		Name string      `json:"name"`
	}
	var word string
	switch {
	case json.Unmarshal([]byte(*text), &named) == nil && named.Name != "" && named.ID != "":
		return named.Name + " (" + named.ID.String() + ")"
	case json.Unmarshal([]byte(*text), &word) == nil:
		return word
	}
	return *text
}
