package publish

import (
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/mokafka/mokafka/schemas"
)

// Command builds the record of a write-back command; its key is
// schemas.CommandKey. A command that can have none is refused with
// schemas.ErrBadCommand. Text must be valid UTF-8.
func (r *Records) Command(c *schemas.WritebackCommand) (*kgo.Record, error) {
	key, err := schemas.CommandKey(c)
	if err != nil {
		return nil, err
	}
	rec, err := r.build(r.topics.Commands(), key, c)
	if err != nil {
		return nil, err
	}
	return rec, r.fits(rec)
}

// Result builds the record of a command's result, keyed by the command's id, or
// by key where that is not empty. partition is the command's. Text that is not
// valid UTF-8 is replaced.
func (r *Records) Result(partition int32, key string, result *schemas.WritebackResult) (*kgo.Record, error) {
	clean := *result
	for _, s := range []*string{&clean.CommandID, &clean.OrgID, &clean.Action, &clean.ParameterHash} {
		*s = schemas.ValidText(*s)
	}
	for _, s := range []**string{
		&clean.Reason, &clean.MokaCode, &clean.MokaMessage, &clean.Field, &clean.Before, &clean.After,
		&clean.Worker, &clean.EventID, &clean.FakeOfferID, &clean.Memory,
	} {
		*s = validPtr(*s)
	}
	if key == "" {
		key = clean.CommandID
	}
	rec, err := r.build(r.topics.Results(), key, &clean)
	if err != nil {
		return nil, err
	}
	rec.Partition = partition
	return rec, r.fits(rec)
}
