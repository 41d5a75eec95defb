package derive

import "testing"

// TestBacklog: what is left of all partitions that are ours, and never less than none.
func TestBacklog(t *testing.T) {
	var b backlog
	for i, step := range []struct{ got, want float64 }{
		{b.forget([]int32{7}), 0},
		{b.saw(1, 9, 110), 100},
		{b.saw(2, 4, 10), 105},
		{b.saw(1, 109, 110), 5},
		{b.saw(2, 9, 9), 0}, // read past the end that was told
		{b.saw(3, 0, 51), 50},
		{b.forget([]int32{1, 3}), 0},
		{b.saw(4, 0, 51), 50},
		{b.reset(), 0},
		{b.saw(5, 0, 3), 2},
	} {
		if step.got != step.want {
			t.Errorf("step %d: %v, want %v", i, step.got, step.want)
		}
	}
}
