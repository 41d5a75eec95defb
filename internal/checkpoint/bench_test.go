package checkpoint_test

import "testing"

// BenchmarkCommit is a page of 20 applications and the cursor: what the poller
// waits for between two calls of Moka.
func BenchmarkCommit(b *testing.B) {
	s := newSystem(b)
	lease := s.replica("a").lease()
	from := int64(0)
	for b.Loop() {
		from += 20
		if err := lease.Commit(b.Context(), page(from, 20, 15_000), pages(from), nil); err != nil {
			b.Fatal(err)
		}
	}
}
