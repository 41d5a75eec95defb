package arch

import (
	"go/ast"
	"go/token"
)

// Goroutines reports packages that start goroutines and have no test that looks
// for leaked ones (goleak).
func Goroutines(t *Tree) []string {
	starts := map[string]token.Pos{}
	checked := map[string]bool{}
	var order []string
	for _, f := range t.Files {
		for _, spec := range f.Syntax.Imports {
			if f.Test && importPath(spec) == "go.uber.org/goleak" {
				checked[f.Dir()] = true
			}
		}
		if f.Test || starts[f.Dir()].IsValid() {
			continue
		}
		if pos := firstGo(f.Syntax); pos.IsValid() {
			starts[f.Dir()] = pos
			order = append(order, f.Dir())
		}
	}
	var found []string
	for _, dir := range order {
		if !checked[dir] {
			found = append(found, t.at(starts[dir], "%s starts goroutines: its tests are to use goleak", dir))
		}
	}
	return found
}

// firstGo finds a go statement or the Go method of a group.
func firstGo(file *ast.File) token.Pos {
	pos := token.NoPos
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GoStmt:
			pos = n.Pos()
		case *ast.CallExpr:
			if method, ok := n.Fun.(*ast.SelectorExpr); ok && method.Sel.Name == "Go" {
				pos = n.Pos()
			}
		}
		return !pos.IsValid()
	})
	return pos
}
