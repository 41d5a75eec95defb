package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"

	"github.com/sethvargo/go-envconfig"
)

// environment reads the rooms' configurations. What is set but empty counts as
// not set, as compose files and charts write it.
type environment struct {
	lookup func(string) (string, bool)
	// flags hold what was given on the command line instead, by variable.
	flags map[string]flagValue
	// defaults are those that cmd knows and the room cannot.
	defaults map[string]string
}

type flagValue struct {
	flag  string // as it is typed: --brokers
	value string
}

// validated is a room's configuration.
type validated interface{ Validate() error }

// faults are all that is wrong with a configuration.
type faults []error

func (f faults) Error() string {
	if len(f) == 1 {
		return f[0].Error()
	}
	var b strings.Builder
	fmt.Fprintf(&b, "the configuration has %d faults:", len(f))
	for _, err := range f {
		b.WriteString("\n  " + strings.ReplaceAll(err.Error(), "\n", "\n  "))
	}
	return b.String()
}

func (f faults) Unwrap() []error { return f }

// read fills in the configurations that targets point to, and validates them.
// Its error is a *wrongUseError that holds every fault of all of them.
func (e environment) read(targets ...any) error {
	var found faults
	for _, target := range targets {
		found = append(found, e.judge(target)...)
	}
	if len(found) == 0 {
		return nil
	}
	for i, err := range found {
		found[i] = e.inFlagsWords(err)
	}
	return &wrongUseError{found}
}

// judge fills in one configuration and returns all that is wrong with it.
func (e environment) judge(target any) faults {
	found, unread := e.fill(target)
	v, ok := target.(validated)
	if !ok {
		return found
	}
	for _, err := range leaves(v.Validate()) {
		of := func(name string) bool {
			return strings.HasPrefix(err.Error(), name+":") || strings.HasPrefix(err.Error(), name+" ")
		}
		if !slices.ContainsFunc(unread, of) { // what is wrong with it was said
			found = append(found, err)
		}
	}
	return found
}

// fill reads one configuration, variable by variable: go-envconfig itself stops
// at the first that it cannot read. One that cannot be read is named, and gets its
// default, so that what Validate finds is something else.
func (e environment) fill(target any) (found faults, unread []string) {
	for _, v := range variablesOf(target) {
		raw, set, err := e.value(v)
		values := map[string]string{}
		if set {
			values[v.name] = raw
		}
		if err == nil {
			err = v.set(values)
		}
		if err != nil {
			found, unread = append(found, err), append(unread, v.name)
			_ = v.set(nil) // a default that cannot be read is a fault of ours, which a test finds
		}
	}
	return found, unread
}

// value finds what a variable is set to. A secret may also stand in the file
// that NAME_FILE names.
func (e environment) value(v variable) (value string, set bool, err error) {
	if f, ok := e.flags[v.name]; ok {
		return f.value, true, nil
	}
	value, set = e.nonEmpty(v.name)
	if v.secret {
		path, inFile := e.nonEmpty(v.name + fileSuffix)
		switch {
		case inFile && set:
			return "", false, fmt.Errorf("%s and %s are both set: keep one of them", v.name, v.name+fileSuffix)
		case inFile:
			value, err = readSecret(v, path)
			return value, err == nil, err
		}
	}
	if !set {
		value, set = e.defaults[v.name], e.defaults[v.name] != ""
	}
	return value, set, nil
}

func (e environment) nonEmpty(name string) (string, bool) {
	value, ok := e.lookup(name)
	return value, ok && value != ""
}

// fileSuffix makes the name of the variable that names a secret's file.
const fileSuffix = "_FILE"

// readSecret reads a secret's file. Line ends at its end are not part of the
// secret; where several secrets are wanted, each line is one.
func readSecret(v variable, path string) (string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		reason := err
		var pathError *os.PathError
		if errors.As(err, &pathError) {
			reason = pathError.Err
		}
		return "", fmt.Errorf("%s: cannot read %s: %w", v.name+fileSuffix, path, reason)
	}
	secret := strings.TrimRight(string(text), "\r\n")
	if secret == "" {
		return "", fmt.Errorf("%s: %s is empty", v.name+fileSuffix, path)
	}
	if v.field.Kind() == reflect.Slice {
		lines := strings.FieldsFunc(secret, func(r rune) bool { return r == '\n' || r == '\r' })
		secret = strings.Join(lines, ",")
	}
	return secret, nil
}

// inFlagsWords has a fault speak of the flag that was typed instead of its
// variable.
func (e environment) inFlagsWords(err error) error {
	for name, f := range e.flags {
		if rest, ok := strings.CutPrefix(err.Error(), name); ok && !strings.HasPrefix(rest, "_") {
			return errors.New(f.flag + rest)
		}
	}
	return err
}

// leaves takes joined errors apart: those that say no more than their parts.
func leaves(err error) faults {
	if err == nil {
		return nil
	}
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok || errors.Join(joined.Unwrap()...).Error() != err.Error() {
		return faults{err}
	}
	var all faults
	for _, one := range joined.Unwrap() {
		all = append(all, leaves(one)...)
	}
	return all
}

// set has go-envconfig decode values into the variable's field.
func (v variable) set(values map[string]string) error {
	one := reflect.New(reflect.StructOf([]reflect.StructField{{
		Name: "Value", Type: v.field.Type(), Tag: reflect.StructTag(`env:"` + v.tag + `"`),
	}}))
	err := envconfig.ProcessWith(context.Background(), &envconfig.Config{
		Target: one.Interface(), Lookuper: envconfig.MapLookuper(values),
	})
	if err != nil {
		return fmt.Errorf("%s: %q is not %s", v.name, values[v.name], v.kind())
	}
	v.field.Set(one.Elem().Field(0))
	return nil
}
