package recovery

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
)

// Outcome is what became of a letter, or would.
type Outcome struct {
	Letter
	// Records is how many were, or would be, written for it beside its mark, and
	// Topic where; 0 and "" where there are none.
	Records int    `json:"records"`
	Topic   string `json:"topic,omitempty"`
	// Left says why a letter stays as it is; "" for one that is done.
	Left string `json:"left,omitempty"`
	// Note says what else to know.
	Note string `json:"note,omitempty"`
}

// Work is what is done to letters.
type Work struct {
	// As is Redriven or Dropped.
	As Done
	// Reason is why, for people who look later. It must not hold personal data.
	Reason string
	// Again includes letters that are done with already.
	Again bool
}

// Settler redrives and drops letters. All fields are needed, but Progress, and
// Form only for webhooks.
type Settler struct {
	Letters *Letters
	// Options make clients: brokers, TLS, SASL. They do not hold ProducerOptions.
	Options func() ([]kgo.Opt, error)
	Records *publish.Records
	Form    Form
	Now     func() time.Time
	NewID   func() string
	// Progress is told how many letters of how many are done with; nil for none.
	Progress func(done, all int)
}

const (
	batchLetters = 100
	batchBytes   = 16 << 20
	// settleGrace is how long a transaction under way goes on when ctx has ended.
	settleGrace = 5 * time.Second
)

// Plan says what Settle would do. It writes nothing.
func (s *Settler) Plan(ctx context.Context, letters []Letter, w Work) ([]Outcome, error) {
	var all []Outcome
	err := batches(letters, func(batch []Letter) error {
		outcomes, _, err := s.prepare(ctx, batch, w)
		all = append(all, outcomes...)
		return err
	})
	return all, err
}

// Settle redrives or drops the letters, in their order, and returns what became of
// each. Beside an error, what is returned is done, and of the rest nothing. What
// somebody else has done with meanwhile is left, unless w.Again.
func (s *Settler) Settle(ctx context.Context, letters []Letter, w Work) ([]Outcome, error) {
	client, err := s.producer(ctx)
	if err != nil {
		return nil, err
	}
	defer client.Close()
	// From here on nobody else's transaction can commit: what is read now is all
	// that was done.
	ids := make([]string, len(letters))
	for i := range letters {
		ids[i] = letters[i].ID
	}
	found, err := s.Letters.find(ctx, Filter{IDs: ids, Done: true}, everyEnd)
	if err != nil {
		return nil, err
	}
	now := make(map[string]Letter, len(found.Letters))
	for _, letter := range found.Letters {
		now[letter.ID] = letter
	}
	var all []Outcome
	var todo []Letter
	for _, letter := range letters {
		current, ok := now[letter.ID]
		switch {
		case !ok:
			all = append(all, Outcome{Letter: letter, Left: "it has become too old, and is gone"})
		case current.Done != Open && !w.Again:
			all = append(all, Outcome{Letter: current, Left: "somebody else has " + string(current.Done) + " it"})
		default:
			todo = append(todo, current)
		}
	}
	err = batches(todo, func(batch []Letter) error {
		outcomes, records, err := s.prepare(ctx, batch, w)
		if err == nil {
			err = s.commit(ctx, client, records)
		}
		if err != nil {
			return err
		}
		all = append(all, outcomes...)
		if s.Progress != nil {
			s.Progress(len(all), len(letters))
		}
		return nil
	})
	return all, err
}

// batches cuts the letters into pieces for one transaction each.
func batches(letters []Letter, fn func([]Letter) error) error {
	for len(letters) > 0 {
		n, bytes := 0, 0
		for n < len(letters) && n < batchLetters && (n == 0 || bytes+letters[n].Bytes <= batchBytes) {
			bytes += letters[n].Bytes
			n++
		}
		if err := fn(letters[:n]); err != nil {
			return err
		}
		letters = letters[n:]
	}
	return nil
}

// prepare builds what is to be written for a batch, in order.
func (s *Settler) prepare(ctx context.Context, batch []Letter, w Work) ([]Outcome, []*kgo.Record, error) {
	dead := make([]*schemas.DeadLetter, len(batch))
	if w.As == Redriven {
		var err error
		if dead, err = s.Letters.read(ctx, batch); err != nil {
			return nil, nil, err
		}
	}
	var outcomes []Outcome
	var records []*kgo.Record
	for i, letter := range batch {
		o := Outcome{Letter: letter}
		if w.As == Redriven {
			recs, note, err := redriven(ctx, s.Records, s.Form, dead[i])
			var why *left
			switch {
			case errors.As(err, &why):
				o.Left = why.advice
				outcomes = append(outcomes, o)
				continue
			case err != nil:
				return nil, nil, fmt.Errorf("redrive %s: %w", letter.ID, err)
			}
			o.Records, o.Note = len(recs), note
			if len(recs) > 0 {
				o.Topic = recs[0].Topic
			}
			records = append(records, recs...)
		}
		m, err := s.mark(letter, w)
		if err != nil {
			return nil, nil, err
		}
		records, outcomes = append(records, m), append(outcomes, o)
	}
	return outcomes, records, nil
}

// mark builds the record that a letter is done with.
func (s *Settler) mark(letter Letter, w Work) (*kgo.Record, error) {
	at := s.Now().UTC()
	if at.Before(letter.At) {
		at = letter.At // clocks differ, and a mark ends what was before it
	}
	dead := &schemas.DeadLetter{
		ID: s.NewID(), Stage: letter.Stage, ErrorClass: string(w.As), ErrorText: w.Reason, OccurredAt: at,
		Attempts: max(1, letter.Attempts), ContentType: "text/plain",
	}
	if letter.Key != "" {
		dead.Key = &letter.Key
	}
	rec, err := s.Records.DeadLetter(dead)
	if err != nil {
		return nil, fmt.Errorf("mark %s: %w", letter.ID, err)
	}
	name := RedrivesHeader
	if w.As == Dropped {
		name = DropsHeader
	}
	rec.Headers = []kgo.RecordHeader{{Key: name, Value: []byte(letter.ID)}}
	return rec, nil
}
