package arch

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// topLevel is what may stand in the root, beside dot-files and what git ignores.
var topLevel = []string{
	"go.mod", "go.sum", "cmd", "ingest", "publish", "schemas", "internal", "deploy", "docker-compose.yml",
	"Makefile", "README.md", "LICENSE", "CHANGELOG.md", "ARCHITECTURE.md",
}

// maxLines is where a file is to be split by idea; about 150 is the usual size.
const maxLines = 400

// vague are names that say nothing about what a package provides.
var vague = []string{
	"base", "common", "core", "helper", "helpers", "lib", "manager", "misc", "shared", "types", "util", "utils",
}

// TopLevel reports entries of the root that the design does not know.
func TopLevel(fsys fs.FS) ([]string, error) {
	entries, err := fs.ReadDir(fsys, ".")
	if err != nil {
		return nil, fmt.Errorf("list the root: %w", err)
	}
	ignored, err := ignorePatterns(fsys)
	if err != nil {
		return nil, err
	}
	var found []string
	for _, e := range entries {
		name := e.Name()
		known := strings.HasPrefix(name, ".") || slices.Contains(topLevel, name)
		if known || slices.ContainsFunc(ignored, func(p string) bool { ok, _ := path.Match(p, name); return ok }) {
			continue
		}
		found = append(found, name+":1: the top level is fixed: put it into the room that it belongs to")
	}
	return found, nil
}

// ignorePatterns are the patterns of .gitignore that can match in the root.
// Negations are not understood; there are none.
func ignorePatterns(fsys fs.FS) ([]string, error) {
	text, err := fs.ReadFile(fsys, ".gitignore")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read what git ignores: %w", err)
	}
	var patterns []string
	for line := range strings.Lines(string(text)) {
		line = strings.Trim(strings.TrimSpace(line), "/")
		if line != "" && !strings.HasPrefix(line, "#") && !strings.Contains(line, "/") {
			patterns = append(patterns, line)
		}
	}
	return patterns, nil
}

// PackageComments reports packages that do not say what they are for, and
// packages whose name says nothing.
func PackageComments(t *Tree) []string {
	var found []string
	for _, p := range t.packages() {
		place := p.files[0].Syntax.Name.Pos()
		if slices.Contains(vague, p.name) {
			found = append(found, t.at(place, "package %s is named after nothing it provides", p.name))
		}
		if strings.HasSuffix(p.name, "_test") {
			continue
		}
		documented := slices.ContainsFunc(p.files, func(f File) bool {
			return !f.Test && !f.Generated && f.Syntax.Doc != nil
		})
		onlyTests := !slices.ContainsFunc(p.files, func(f File) bool { return !f.Test })
		if !documented && !onlyTests {
			found = append(found, t.at(place, "package %s has no comment that tells its contract", p.name))
		}
	}
	return found
}

// LongFiles reports files, other than generated ones, that are to be split.
func LongFiles(t *Tree) []string {
	var found []string
	for _, f := range t.Files {
		if !f.Generated && f.Lines > maxLines {
			found = append(found, fmt.Sprintf("%s:%d: %d lines: split it by idea (%d at most)", f.Path, maxLines, f.Lines, maxLines))
		}
	}
	return found
}
