package normalize

// slab makes pointers to values, many from one allocation. A push has some 250
// of them.
type slab[V any] struct {
	free []V
	size int
}

// put returns a pointer to a copy of v that nobody else has.
func (s *slab[V]) put(v V) *V {
	if len(s.free) == 0 {
		s.size = min(max(8, 2*s.size), 256)
		s.free = make([]V, s.size)
	}
	p := &s.free[0]
	s.free = s.free[1:]
	*p = v
	return p
}
