package state

import (
	"context"
	"errors"
	"fmt"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// Log reads one partition without a group, and knows where it ends. It keeps no
// copy. Not safe for concurrent use.
type Log struct {
	client *kgo.Client
	part   Partition
	id     kadm.TopicID
}

// OpenLog looks the partition's topic up. A topic that is made anew later is
// noticed: reading fails then.
func OpenLog(ctx context.Context, client *kgo.Client, p Partition) (*Log, error) {
	topics, err := kadm.NewClient(client).ListTopics(ctx, p.Topic)
	if err == nil {
		err = topics.Error()
	}
	if err != nil {
		return nil, fmt.Errorf("look up %s: %w", p.Topic, err)
	}
	return &Log{client: client, part: p, id: topics[p.Topic].ID}, nil
}

// End is the offset behind the last record, committed or not.
func (l *Log) End(ctx context.Context) (int64, error) {
	ends, err := endOffsets(ctx, kadm.NewClient(l.client), []string{l.part.Topic})
	end, ok := ends.Lookup(l.part.Topic, l.part.Partition)
	if err == nil && !ok {
		err = errors.New("there is no such partition")
	}
	if err != nil {
		return 0, fmt.Errorf("look up the end of %s: %w", l.part, err)
	}
	return end.Offset, nil
}

// Read calls fn with the committed records from offset from up to at least end,
// and returns the offset behind them, also beside an error. It waits for
// transactions that are open before end, and for records where end is behind the
// partition's. Errors of fn end it.
func (l *Log) Read(ctx context.Context, from, end int64, fn func([]*kgo.Record) error) (int64, error) {
	return newLogReader(l.client).read(ctx, l.part, l.id, from, end, fn)
}

// ReadEverything is Read without regard to transactions: fn gets what is not
// committed, or never will be, and the control records that tell.
func (l *Log) ReadEverything(ctx context.Context, from, end int64, fn func([]*kgo.Record) error) (int64, error) {
	reader := newLogReader(l.client)
	reader.everything = true
	return reader.read(ctx, l.part, l.id, from, end, fn)
}
