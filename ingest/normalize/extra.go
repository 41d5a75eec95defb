package normalize

// misfit is a value that does not fit, on its way to an entity's extra. One
// without JSON says that there is none any more.
type misfit struct{ path, json string }

// span is a stretch of the misfits of an entity. What one key of an object left
// there lies together, so that it can be found when the key comes again.
type span struct{ from, to int }

// keep saves v, which does not fit where it stands.
func (r *reader) keep(v value) {
	if !v.empty() {
		r.extra = append(r.extra, misfit{r.path.String(), r.json(v)})
	}
}

// unknown saves the value of a key that no table knows.
func (r *reader) unknown(name string) {
	r.enter(name)
	v := r.value()
	if v.empty() && len(r.extra) > 0 {
		r.extra = append(r.extra, misfit{path: r.path.String()}) // the key may have come before
	}
	r.keep(v)
	r.leave()
}

// forget drops the misfits of a span.
func (r *reader) forget(s span) { clear(r.extra[s.from:s.to]) }

// extra returns what an entity has in extra, nil for nothing.
func extra(all ...[]misfit) map[string]string {
	var out map[string]string
	for _, misfits := range all {
		for _, m := range misfits {
			switch {
			case m.json == "":
				delete(out, m.path)
			case out == nil:
				out = map[string]string{m.path: m.json}
			default:
				out[m.path] = m.json
			}
		}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}
