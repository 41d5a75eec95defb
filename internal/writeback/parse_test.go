package writeback

import (
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mokafka/mokafka/internal/moka"
	"github.com/mokafka/mokafka/schemas"
)

var (
	beijing = time.FixedZone("Asia/Shanghai", 8*60*60)
	read    = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
)

func sample(t *testing.T, name string) []byte {
	t.Helper()
	raw, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestMokasOwnSample(t *testing.T) {
	got, err := parseApplication(sample(t, "application.json"), read, clock{location: beijing})
	if err != nil {
		t.Fatal(err)
	}
	want := &View{
		ReadAt: read, Found: true, CandidateID: 200012616, JobID: "0978992c-2f09-465f-926d-50c9bc38ec36",
		StageID: 200000088, StageName: "沟通offer", Archived: true,
		MovedAt: time.Date(2021, 4, 22, 11, 47, 5, 0, time.UTC), UpdatedAt: time.Date(2021, 6, 9, 6, 14, 38, 0, time.UTC),
		Offer: &OfferView{Status: schemas.OfferStatusPending, Approval: schemas.ApprovalStatusUninitiated},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestHeadcountSample(t *testing.T) {
	h, err := parseHeadcount(moka.Item{ID: 1, Body: sample(t, "headcount.json")}, clock{location: beijing})
	if err != nil || h.UpdatedAt.IsZero() || h.CreatedAt.IsZero() || len(h.Fields["jobname"]) == 0 {
		t.Errorf("%+v, %v", h, err)
	}
}

func TestLenientReading(t *testing.T) {
	body := `{"BasicInfo":{"candidateid":"12","stage":{"id":"5","name":null},"archived":1,"archivedAt":1735689600000,"movedAt":"2025-01-01 08:00:00"},
		"offerInfo":null,"jobInfo":{"id":77},
		"activities":"{\"type\":\"MOVE_STAGE\",\"createAt\":\"2025-1-1\",\"toStageId\":\"5\"}"}`
	got, err := parseApplication([]byte(body), read, clock{location: beijing, skew: 10 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	noon := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC).Add(-10 * time.Second) // Moka's clock is ahead
	want := &View{
		ReadAt: read, Found: true, CandidateID: 12, JobID: "77", StageID: 5, Archived: true, ArchivedAt: noon, MovedAt: noon,
		Moves: []Move{{At: noon.Add(-8 * time.Hour), To: 5}},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if _, err := parseApplication([]byte(`{"basicInfo":{}}`), read, clock{}); err == nil {
		t.Error("an application without a stage was read")
	}
}

func TestClocksAreComparedWhereTheyDiffer(t *testing.T) {
	for ahead, want := range map[time.Duration]time.Duration{
		0: 0, 2 * time.Second: 0, -2 * time.Second: 0, 90 * time.Second: 90 * time.Second, -90 * time.Second: -90 * time.Second,
	} {
		if got := clockOf(moka.Page{Began: read, Date: read.Add(ahead)}, beijing).skew; got != want {
			t.Errorf("%s ahead: %s, want %s", ahead, got, want)
		}
	}
	if clockOf(moka.Page{Began: read}, beijing).skew != 0 {
		t.Error("no Date says nothing")
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{`{}`, `{"basicInfo":{"stage":{"id":1}},"activities":[{}]}`, `{"basicInfo":{"stage":{"id":"1"}},"activities":"[]"}`, `[`, `null`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		v, err := parseApplication(body, read, clock{location: beijing})
		if err == nil && (v == nil || v.StageID == 0) {
			t.Errorf("a view without a stage: %+v", v)
		}
		_, _ = parseHeadcount(moka.Item{Body: body}, clock{location: beijing})
	})
}
