package normalize

import "reflect"

// read reads the object that comes next into owner, a struct of rec's type, and
// returns the fields it spoke for. A key that the table does not know is offered
// to aside, if there is one, which reads its value or returns false.
func (rec *record) read(r *reader, owner reflect.Value, aside func(key string) bool) (spoken bitset) {
	var had members
	r.token()
	for key, ok := r.member(); ok; key, ok = r.member() {
		i, known := rec.find(key)
		switch {
		case known:
			spoken.union(rec.rows[i].speaks)
			had.read(r, &rec.rows[i], i, owner)
		case aside == nil || !aside(key):
			r.unknown(key)
		}
	}
	r.token()
	if rec.finish != nil {
		rec.finish(owner)
	}
	return spoken
}

// members is what the rows of a table have read of an object so far.
type members struct {
	seen bitset
	// fillers are the rows that filled a field which they share.
	fillers bitset
	// misfits by row, where there are any.
	misfits map[int]span
}

// read reads the value of row i into its field of owner.
func (m *members) read(r *reader, w *row, i int, owner reflect.Value) {
	at := place{owner, w.path}
	again := m.seen.add(i)
	if again {
		r.forget(m.misfits[i])
	}
	from := len(r.extra)
	r.enter(w.key)
	if w.shared {
		m.readShared(r, w, i, at)
	} else {
		w.kind.set(r, at, again)
	}
	r.leave()
	if to := len(r.extra); to > from || again {
		if m.misfits == nil {
			m.misfits = map[int]span{}
		}
		m.misfits[i] = span{from, to}
	}
}

// readShared reads the value of a key that is not alone in filling its field: it
// replaces what it has filled in itself, but not what another has.
func (m *members) readShared(r *reader, w *row, i int, at place) {
	own := m.fillers.has(i)
	_, taken := at.taken()
	w.kind.set(r, at, own)
	if _, filled := at.taken(); own || !taken && filled {
		m.fillers.set(i, filled)
	}
}

// beside returns an aside that reads the keys of rec's table into owner, for an
// object whose keys belong to more records than one.
func (rec *record) beside(r *reader, owner reflect.Value, spoken *bitset) func(key string) bool {
	var had members
	return func(key string) bool {
		i, known := rec.find(key)
		if known {
			spoken.union(rec.rows[i].speaks)
			had.read(r, &rec.rows[i], i, owner)
		}
		return known
	}
}
