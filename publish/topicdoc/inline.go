package topicdoc

import (
	"fmt"
	"strings"

	"github.com/mokafka/mokafka/schemas/avsc"
)

// inlined is the schema of a record with what it refers to inside, each type where
// it is first met, as Avro wants it. Names, docs and tags stay.
func inlined(b avsc.Bundle, record string) (any, error) {
	in := inliner{bundle: b, met: map[string]bool{}}
	return in.named(record)
}

type inliner struct {
	bundle avsc.Bundle
	met    map[string]bool
}

// named is a schema of the bundle, or where it was met already its name.
func (in *inliner) named(name string) (any, error) {
	if in.met[name] {
		return avsc.Namespace + "." + name, nil
	}
	text, ok := in.bundle[name]
	if !ok {
		return nil, fmt.Errorf("no schema is called %s", name)
	}
	in.met[name] = true
	v, err := readOrdered([]byte(text))
	if err != nil {
		return nil, fmt.Errorf("schema %s: %w", name, err)
	}
	return in.typ(v)
}

// typ resolves what stands where a type stands.
func (in *inliner) typ(v any) (any, error) {
	switch v := v.(type) {
	case string:
		if name, ok := strings.CutPrefix(v, avsc.Namespace+"."); ok {
			return in.named(name)
		}
		return v, nil
	case []any:
		for i := range v {
			branch, err := in.typ(v[i])
			if err != nil {
				return nil, err
			}
			v[i] = branch
		}
		return v, nil
	case object:
		return in.object(v)
	}
	return v, nil
}

func (in *inliner) object(o object) (any, error) {
	for i := range o {
		var err error
		switch o[i].name {
		case "type", "items", "values":
			o[i].value, err = in.typ(o[i].value)
		case "fields":
			err = in.fields(o[i].value)
		}
		if err != nil {
			return nil, err
		}
	}
	return o, nil
}

func (in *inliner) fields(v any) error {
	fields, ok := v.([]any)
	if !ok {
		return fmt.Errorf("fields are a %T, not a list", v)
	}
	for _, f := range fields {
		if o, ok := f.(object); ok {
			if _, err := in.object(o); err != nil {
				return err
			}
		}
	}
	return nil
}
