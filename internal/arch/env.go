package arch

import (
	"go/ast"
	"go/token"
	"reflect"
	"strconv"
	"strings"
)

// EnvDefaults reports environment variables that several structs read with
// different defaults, and prefixes in env tags: every variable is written in
// full where it is declared, so that a search for its name finds it.
func EnvDefaults(t *Tree) []string {
	type first struct {
		value string
		at    token.Pos
	}
	seen := map[string]first{}
	var found []string
	for _, f := range t.Files {
		if f.Test {
			continue
		}
		ast.Inspect(f.Syntax, func(n ast.Node) bool {
			field, ok := n.(*ast.Field)
			if !ok || field.Tag == nil {
				return true
			}
			name, value, prefixed := envTag(field.Tag.Value)
			switch before, again := seen[name]; {
			case prefixed:
				found = append(found, t.at(field.Tag.Pos(), "no prefix in env tags: write each variable in full"))
			case name == "":
			case !again:
				seen[name] = first{value, field.Tag.Pos()}
			case before.value != value:
				where := t.fset.Position(before.at)
				found = append(found, t.at(field.Tag.Pos(), "%s has the default %q here and %q at %s:%d",
					name, value, before.value, where.Filename, where.Line))
			}
			return true
		})
	}
	return found
}

// envTag reads a go-envconfig tag, `env:"NAME,default=…,…"`. The name is empty
// when the field has none.
func envTag(literal string) (name, value string, prefixed bool) {
	tag, err := strconv.Unquote(literal)
	if err != nil {
		return "", "", false
	}
	name, options, _ := strings.Cut(reflect.StructTag(tag).Get("env"), ",")
	// A default is the last option, for it may hold commas.
	options, value, _ = strings.Cut(options, "default=")
	for option := range strings.SplitSeq(options, ",") {
		prefixed = prefixed || strings.HasPrefix(strings.TrimSpace(option), "prefix=")
	}
	return strings.TrimSpace(name), value, prefixed
}
