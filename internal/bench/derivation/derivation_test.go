package derivation_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/sethvargo/go-envconfig"
	"go.uber.org/goleak"

	"github.com/mokafka/mokafka/ingest/derive"
	"github.com/mokafka/mokafka/internal/bench/derivation"
	"github.com/mokafka/mokafka/internal/bench/report"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var begin = time.Unix(1_700_000_000, 0)

// Ten applications: entry 17 is the second one of application 7.
func TestEntriesAreOfTheirKind(t *testing.T) {
	for _, kind := range derivation.Kinds() {
		firstID, first, err := derivation.Entry(kind, 10, 7, begin)
		if err != nil {
			t.Fatal(err)
		}
		nextID, next, err := derivation.Entry(kind, 10, 17, begin)
		if err != nil {
			t.Fatal(err)
		}
		const root = ":demo:app:1000000007"
		if !strings.HasSuffix(firstID, root) || !strings.HasSuffix(nextID, root) || !bytes.Contains(next, []byte("1000000007")) {
			t.Errorf("%s: %s and %s are not of application 7", kind, firstID, nextID)
		}
		later := bytes.Contains(next, []byte(`"triggeredAt":1700000001`))
		phone := bytes.Contains(next, []byte(`"18600000001","applicationId"`))
		same := firstID == nextID && bytes.Equal(first, next)
		want := map[derivation.Kind][3]bool{
			derivation.Changing: {true, true, false}, derivation.SameAgain: {true, false, false}, derivation.DeliveredAgain: {false, false, true},
		}[kind]
		if got := [3]bool{later, phone, same}; got != want {
			t.Errorf("%s: later, another phone, the same: %v, want %v", kind, got, want)
		}
	}
}

func TestReportHasMedians(t *testing.T) {
	r := derivation.Given(derivation.SameAgain, derivation.GivenPair{1000, 9999}, derivation.GivenPair{2000, 2500}, derivation.GivenPair{3000, 2000})
	want := []string{"interviews said again, unchanged", "2,000", "2,500", "80 %", "1,000", "0.00", "150", "0", "64", "0"}
	if d := cmp.Diff([][]string{want}, r.Table().Rows); d != "" {
		t.Error(d)
	}
	goals := []report.Goal{{What: "derive, interviews said again, unchanged: at least 90 % of the floor", Got: "80 %", Met: false}}
	if d := cmp.Diff(goals, r.Goals()); d != "" {
		t.Error(d)
	}
	if g := derivation.Given(derivation.Changing, derivation.GivenPair{700, 1000}).Goals()[0]; !g.Met {
		t.Errorf("70 %% of the floor: %+v", g)
	}
}

// What is measured is what people get who set nothing.
func TestConfigIsTheDefault(t *testing.T) {
	var want derive.Config
	vars := envconfig.MapLookuper(map[string]string{"INGEST_INSTANCE": "bench", "STATE_DIR": "d", "DERIVE_GROUP": "x-derive"})
	if err := envconfig.ProcessWith(t.Context(), &envconfig.Config{Target: &want, Lookuper: vars}); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, derivation.DeriveConfig("x", "d")); d != "" {
		t.Error(d)
	}
}
