package arch

import (
	"bytes"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
)

// Tree is a module's Go source, parsed.
type Tree struct {
	// Module is the module path of the root's go.mod.
	Module string
	// Files are all Go files of the module, sorted by path.
	Files []File

	root fs.FS
	fset *token.FileSet
}

// File is one parsed Go file.
type File struct {
	// Path is relative to the root, with slashes.
	Path string
	// Lines is the number of lines in the file.
	Lines int
	// Test tells a _test.go file, Generated one that says "Code generated".
	Test, Generated bool
	// Syntax is the file with its comments and resolved identifiers.
	Syntax *ast.File
}

// Dir is the directory of the file, "." for the root.
func (f File) Dir() string { return path.Dir(f.Path) }

// Load parses the module whose root is fsys. Hidden directories, testdata,
// node_modules, bin and nested modules are not part of it. A file that does not
// parse is an error that names it.
func Load(fsys fs.FS) (*Tree, error) {
	mod, err := fs.ReadFile(fsys, "go.mod")
	if err != nil {
		return nil, fmt.Errorf("read the module's path: %w", err)
	}
	t := &Tree{root: fsys, fset: token.NewFileSet()}
	for line := range strings.Lines(string(mod)) {
		if name, ok := strings.CutPrefix(line, "module "); ok {
			t.Module = strings.TrimSpace(name)
		}
	}
	err = fs.WalkDir(fsys, ".", func(p string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir():
			return t.enter(p)
		case path.Ext(p) != ".go":
			return nil
		}
		return t.parse(p)
	})
	if err != nil {
		return nil, fmt.Errorf("load the source tree: %w", err)
	}
	return t, nil
}

// enter tells WalkDir which directories belong to the module.
func (t *Tree) enter(dir string) error {
	if dir == "." {
		return nil
	}
	name := path.Base(dir)
	if strings.HasPrefix(name, ".") || slices.Contains([]string{"testdata", "node_modules", "bin"}, name) {
		return fs.SkipDir
	}
	switch _, err := fs.Stat(t.root, path.Join(dir, "go.mod")); {
	case err == nil:
		return fs.SkipDir
	case errors.Is(err, fs.ErrNotExist):
		return nil
	default:
		return err
	}
}

func (t *Tree) parse(p string) error {
	src, err := fs.ReadFile(t.root, p)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // gone since the directory was read
	}
	if err != nil {
		return err
	}
	syntax, err := parser.ParseFile(t.fset, p, src, parser.ParseComments)
	if err != nil {
		return err
	}
	t.Files = append(t.Files, File{
		Path:      p,
		Lines:     bytes.Count(src, []byte("\n")),
		Test:      strings.HasSuffix(p, "_test.go"),
		Generated: ast.IsGenerated(syntax),
		Syntax:    syntax,
	})
	return nil
}

// at words a finding about the place pos.
func (t *Tree) at(pos token.Pos, format string, args ...any) string {
	where := t.fset.Position(pos)
	return fmt.Sprintf("%s:%d: %s", where.Filename, where.Line, fmt.Sprintf(format, args...))
}

// pkg is the files of one package: an external test package is one of its own.
type pkg struct {
	dir, name string
	files     []File
}

// packages groups the files by directory and package name, in the order of the tree.
func (t *Tree) packages() []pkg {
	var all []pkg
	for _, f := range t.Files {
		dir, name := f.Dir(), f.Syntax.Name.Name
		i := slices.IndexFunc(all, func(p pkg) bool { return p.dir == dir && p.name == name })
		if i < 0 {
			all = append(all, pkg{dir: dir, name: name})
			i = len(all) - 1
		}
		all[i].files = append(all[i].files, f)
	}
	return all
}

// importPath is the path that an import names.
func importPath(spec *ast.ImportSpec) string {
	p, err := strconv.Unquote(spec.Path.Value)
	if err != nil {
		return spec.Path.Value // the parser lets no such literal through
	}
	return p
}
