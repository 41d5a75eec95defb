package writeback_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/mokafka/mokafka/internal/kafkatest"
	"github.com/mokafka/mokafka/internal/writeback"
	"github.com/mokafka/mokafka/schemas"
)

// Where Kafka takes longer over an intent than what was read may be old, Moka is
// read again before the write: people may have been at it.
func TestASlowIntentIsReadAgain(t *testing.T) {
	m := newFakeMoka(1, 2)
	r := newRig(t, m, kafkatest.Embedded())
	r.config = func(c *writeback.Config) { c.ReadMaxAge = 300 * time.Millisecond }
	var once sync.Once
	cluster := r.cluster.Embedded().Cluster()
	cluster.ControlKey(int16(kmsg.EndTxn), func(kmsg.Request) (kmsg.Response, error, bool) {
		cluster.KeepControl()
		once.Do(func() {
			m.human(1, 9)
			<-time.After(600 * time.Millisecond)
		})
		return nil, nil, false
	})
	overtaken, other := r.move(1, 5), r.move(2, 5)
	r.send(overtaken, other)
	r.worker("one")
	r.caughtUp()
	if got := r.outcome(overtaken.CommandID, schemas.WritebackOutcomeRejected); !strings.HasPrefix(text(got.Reason), "superseded") {
		t.Errorf("refused as %q", text(got.Reason))
	}
	r.outcome(other.CommandID, schemas.WritebackOutcomeApplied)
	if got := m.moved(1); len(got) > 0 {
		t.Errorf("moved to %v after people had moved it", got)
	}
}
