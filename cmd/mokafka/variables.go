package main

import (
	"fmt"
	"reflect"
	"strings"
	"time"
)

// variable is an environment variable and the field it is read into.
type variable struct {
	name  string
	tag   string // go-envconfig's
	field reflect.Value
	// secret fields carry json:"-": they are shown nowhere, and can be read from
	// a file.
	secret bool
}

// variablesOf lists the variables of a configuration, which target points to, in
// the order of its fields, those of structs in it included.
func variablesOf(target any) []variable {
	var found []variable
	var walk func(reflect.Value)
	walk = func(s reflect.Value) {
		for i := range s.NumField() {
			field := s.Type().Field(i)
			if !field.IsExported() {
				continue
			}
			tag, tagged := field.Tag.Lookup("env")
			if !tagged {
				if field.Type.Kind() == reflect.Struct {
					walk(s.Field(i))
				}
				continue
			}
			name, _, _ := strings.Cut(tag, ",")
			found = append(found, variable{
				name: strings.TrimSpace(name), tag: tag, field: s.Field(i), secret: field.Tag.Get("json") == "-",
			})
		}
	}
	walk(reflect.ValueOf(target).Elem())
	return found
}

// fallback is the default in the tag.
func (v variable) fallback() string {
	_, value, _ := strings.Cut(v.tag, "default=")
	return value
}

// kind says in words what the variable takes.
func (v variable) kind() string {
	if v.field.Type() == reflect.TypeFor[time.Duration]() {
		return "a duration such as 500ms, 20s or 5m"
	}
	switch v.field.Kind() {
	case reflect.Bool:
		return "true or false"
	case reflect.Int, reflect.Int32, reflect.Int64:
		return "a whole number"
	case reflect.Uint, reflect.Uint32, reflect.Uint64:
		return "a whole number from 0 up"
	case reflect.Slice:
		return "a list, separated by commas"
	default:
		return "a " + v.field.Kind().String()
	}
}

// text is the field's value as it would be written into the variable.
func (v variable) text() string {
	switch value := v.field.Interface().(type) {
	case []string:
		return strings.Join(value, ",")
	default:
		return fmt.Sprint(value)
	}
}
