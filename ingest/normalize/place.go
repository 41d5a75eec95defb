package normalize

import "reflect"

// place is a field of a struct, or of a struct that a field of it points to.
type place struct {
	owner reflect.Value
	path  []int
}

// field returns the field, after making the structs on the way to it.
func (p place) field() reflect.Value {
	v := p.owner.Field(p.path[0])
	for _, i := range p.path[1:] {
		if v.IsNil() {
			v.Set(reflect.New(v.Type().Elem()))
		}
		v = v.Elem().Field(i)
	}
	return v
}

// taken returns the field if it is filled.
func (p place) taken() (reflect.Value, bool) {
	v := p.owner.Field(p.path[0])
	for _, i := range p.path[1:] {
		if v.IsNil() {
			return v, false
		}
		v = v.Elem().Field(i)
	}
	return v, !v.IsNil()
}

// clear empties the field, and drops a record that is thereby left empty.
func (p place) clear() {
	v, ok := p.taken()
	if !ok {
		return
	}
	v.SetZero()
	if top := p.owner.Field(p.path[0]); len(p.path) > 1 && top.Elem().IsZero() {
		top.SetZero()
	}
}
