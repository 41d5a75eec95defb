package api_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/mokafka/mokafka/internal/mokasim/api"
	"github.com/mokafka/mokafka/internal/mokasim/company"
)

func TestEffectsAreBounded(t *testing.T) {
	r := newRig(t, func(cfg *api.Config) { cfg.Effects = 10 })
	for range 35 {
		path, _ := r.move()
		r.call(put, path, "")
	}
	page, total, forgotten := r.api.Effects(0, 100)
	if total != 35 || len(page) < 10 || len(page) >= 20 || forgotten != 35-uint64(len(page)) || page[len(page)-1].Seq != 35 {
		t.Errorf("%d of %d effects, %d forgotten", len(page), total, forgotten)
	}
	if page, _, forgotten = r.api.Effects(30, 2); len(page) != 2 || page[0].Seq != 31 || forgotten != 0 {
		t.Errorf("a page behind 30: %d, %d forgotten", len(page), forgotten)
	}
	if page, total, _ = r.api.Effects(99, 5); len(page) != 0 || total != 35 {
		t.Errorf("a page behind the last: %+v", page)
	}
}

// Whoever calls at the same time: the log is in the order of the effects, so
// each begins where the one before ended.
func TestEffectsAreInTheOrderOfTheirTaking(t *testing.T) {
	r := newRig(t, nil)
	id := r.find(open)
	stages := []int64{r.stage(100), r.stage(200), r.stage(201)}
	var callers sync.WaitGroup
	for n := range 6 {
		callers.Go(func() {
			for k := range 40 {
				path := fmt.Sprintf("/v1/applications/move_application_stage?applicationId=%d&stageId=%d", id, stages[(n+k)%3])
				if got := send(r.request(t.Context(), put, "/api-platform"+path, "")); got.body != `{"code":0,"msg":"Success"}` {
					t.Errorf("%d %s %v", got.status, got.body, got.err)
				}
			}
		})
	}
	callers.Wait()
	all := r.effects()
	if len(all) != 240 {
		t.Fatalf("%d effects, want 240", len(all))
	}
	moves := 0
	for n, effect := range all {
		if n > 0 && *effect.Before.Application != *all[n-1].After.Application {
			t.Fatalf("effect %d begins with %+v, the one before ended with %+v", effect.Seq, effect.Before.Application, all[n-1].After.Application)
		}
		if effect.Changed {
			moves++
		}
	}
	told := 0
	for _, change := range r.changes {
		if change.Kind == company.StageMoved {
			told++
		}
	}
	if told != moves {
		t.Errorf("%d effects changed something, %d moves were told", moves, told)
	}
}
