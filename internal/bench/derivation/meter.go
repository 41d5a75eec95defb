package derivation

import (
	"os"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/mokafka/mokafka/internal/bench/process"
)

// written is how much went to a topic.
type written struct {
	Records float64 `json:"records"`
	Bytes   float64 `json:"bytes"`
}

// measurement is what happened from the first fetch to the last commit.
type measurement struct {
	// Entries of the journal were worked through in that time.
	Entries int64         `json:"entries"`
	Elapsed time.Duration `json:"elapsed_ns"`
	// CPU is the processor time of the whole process, 0 where it is not known.
	CPU time.Duration `json:"cpu_ns"`
	// Topics has what was written, by topic.
	Topics map[string]written `json:"topics"`
	// Resident is the most memory the process held, in bytes.
	Resident int64 `json:"resident"`
	// Verdicts counts what all entries came to, those outside that time too.
	Verdicts map[string]int `json:"verdicts,omitempty"`
}

func (m measurement) rate() float64 { return float64(m.Entries) / m.Elapsed.Seconds() }

// perEntry is what was written for each entry.
func (m measurement) perEntry() map[string]written {
	per := make(map[string]written, len(m.Topics))
	for topic, w := range m.Topics {
		per[topic] = written{w.Records / float64(m.Entries), w.Bytes / float64(m.Entries)}
	}
	return per
}

// meter watches a transactional client from inside, as a hook. Polls and
// transactions take turns, so what was polled when a transaction is ended is what
// was worked through by then. The clock begins when the client, having joined its
// group, first asks for entries.
type meter struct {
	journal string
	target  int64
	done    chan struct{} // closed when target entries are committed

	mu     sync.Mutex
	polled int64 // entries so far
	ending int64 // entries when the transaction under way was ended
	topics map[string]written
	last   mark
	begun  time.Time
	cpu    time.Duration // when it began
}

type mark struct {
	at      time.Time
	entries int64
	cpu     time.Duration
	topics  map[string]written
}

func newMeter(journal string, target int) *meter {
	return &meter{journal: journal, target: int64(target), done: make(chan struct{}), topics: map[string]written{}}
}

var (
	_ kgo.HookFetchRecordUnbuffered   = (*meter)(nil)
	_ kgo.HookProduceRecordUnbuffered = (*meter)(nil)
	_ kgo.HookBrokerWrite             = (*meter)(nil)
	_ kgo.HookBrokerE2E               = (*meter)(nil)
)

// OnFetchRecordUnbuffered implements kgo's hook.
func (m *meter) OnFetchRecordUnbuffered(r *kgo.Record, polled bool) {
	if polled && r.Topic == m.journal {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.polled++
	}
}

// OnProduceRecordUnbuffered implements kgo's hook.
func (m *meter) OnProduceRecordUnbuffered(r *kgo.Record, err error) {
	if err != nil {
		return
	}
	size := len(r.Key) + len(r.Value)
	for _, h := range r.Headers {
		size += len(h.Key) + len(h.Value)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	w := m.topics[r.Topic]
	m.topics[r.Topic] = written{w.Records + 1, w.Bytes + float64(size)}
}

// OnBrokerWrite implements kgo's hook.
func (m *meter) OnBrokerWrite(_ kgo.BrokerMetadata, key int16, _ int, _, _ time.Duration, err error) {
	if err != nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case key == kmsg.EndTxn.Int16():
		m.ending = m.polled
	case key == kmsg.Fetch.Int16() && m.begun.IsZero():
		usage, _ := process.UsageOf(os.Getpid()) // zero where the system does not tell
		m.begun, m.cpu = time.Now(), usage.CPU
	}
}

// OnBrokerE2E implements kgo's hook.
func (m *meter) OnBrokerE2E(_ kgo.BrokerMetadata, key int16, e2e kgo.BrokerE2E) {
	if key != kmsg.EndTxn.Int16() || e2e.Err() != nil {
		return
	}
	usage, _ := process.UsageOf(os.Getpid()) // zero where the system does not tell
	now := time.Now()
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.last.entries >= m.target {
		return
	}
	topics := make(map[string]written, len(m.topics))
	for topic, w := range m.topics {
		topics[topic] = w
	}
	m.last = mark{at: now, entries: m.ending, cpu: usage.CPU, topics: topics}
	if m.last.entries >= m.target {
		close(m.done)
	}
}

// measured is what happened until the last commit.
func (m *meter) measured() measurement {
	m.mu.Lock()
	defer m.mu.Unlock()
	usage, _ := process.UsageOf(os.Getpid())
	return measurement{
		Entries: m.last.entries, Elapsed: m.last.at.Sub(m.begun), CPU: m.last.cpu - m.cpu,
		Topics: m.last.topics, Resident: usage.PeakResident,
	}
}
