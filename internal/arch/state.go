package arch

import (
	"go/ast"
	"go/token"
	"slices"
)

// Inits reports init functions: what a program needs is made in its main and
// passed on.
func Inits(t *Tree) []string {
	var found []string
	for _, f := range t.Files {
		for _, decl := range f.Syntax.Decls {
			if fn, ok := decl.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
				found = append(found, t.at(fn.Pos(), "no init functions: make it in main and pass it on"))
			}
		}
	}
	return found
}

// PackageState reports package variables that are more than a name for a value:
// those that hold a lock, a channel, a pool or the like, and those that
// something in their package assigns to or takes the address of. Sentinel
// errors, compiled expressions, embedded files and tables that are only read
// pass. What other packages assign is the linter's (reassign).
func PackageState(t *Tree) []string {
	var found []string
	for _, p := range t.packages() {
		vars := map[string]*ast.Ident{}
		for _, f := range p.files {
			for _, spec := range packageVars(f) {
				for _, name := range spec.Names {
					vars[name.Name] = name
				}
				if what := stateful(spec); what != "" {
					found = append(found, t.at(spec.Pos(), "%s holds a %s: no state in package variables", spec.Names[0], what))
				}
			}
		}
		for _, f := range p.files {
			for _, use := range changes(f.Syntax) {
				if vars[use.Name] != nil && refersToPackage(f.Syntax, use) {
					found = append(found, t.at(use.Pos(), "%s is a package variable and changed here: no state in package variables", use.Name))
				}
			}
		}
	}
	return found
}

func packageVars(f File) []*ast.ValueSpec {
	var specs []*ast.ValueSpec
	for _, decl := range f.Syntax.Decls {
		if group, ok := decl.(*ast.GenDecl); ok && group.Tok == token.VAR {
			for _, spec := range group.Specs {
				specs = append(specs, spec.(*ast.ValueSpec)) // the parser puts nothing else into var
			}
		}
	}
	return specs
}

// stateful names the part of a variable's type or value that lives to change,
// "" when there is none. A sync.Once* function is a value computed late.
func stateful(spec *ast.ValueSpec) string {
	late := []string{"OnceValue", "OnceValues", "OnceFunc"}
	parts := slices.Clone(spec.Values)
	if spec.Type != nil {
		parts = append(parts, spec.Type)
	}
	var what string
	for _, part := range parts {
		ast.Inspect(part, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncLit, *ast.FuncType:
				return false
			case *ast.ChanType:
				what = "channel"
			case *ast.SelectorExpr:
				from, ok := n.X.(*ast.Ident)
				holds := ok && slices.Contains([]string{"sync", "atomic", "rand", "prometheus", "zerolog"}, from.Name)
				if holds && !slices.Contains(late, n.Sel.Name) {
					what = from.Name + "." + n.Sel.Name
				}
			}
			return true
		})
	}
	return what
}

// changes lists the identifiers at the root of what a file assigns to, counts
// up, deletes from, clears or takes the address of.
func changes(file *ast.File) []*ast.Ident {
	var list []*ast.Ident
	add := func(e ast.Expr) {
		if id := rootOf(e); id != nil {
			list = append(list, id)
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			if n.Tok != token.DEFINE {
				for _, left := range n.Lhs {
					add(left)
				}
			}
		case *ast.RangeStmt:
			if n.Tok == token.ASSIGN {
				add(n.Key)
				add(n.Value)
			}
		case *ast.IncDecStmt:
			add(n.X)
		case *ast.UnaryExpr:
			if _, indexed := n.X.(*ast.IndexExpr); n.Op == token.AND && !indexed {
				add(n.X)
			}
		case *ast.CallExpr:
			fn, ok := n.Fun.(*ast.Ident)
			if ok && len(n.Args) > 0 && (fn.Name == "delete" || fn.Name == "clear" || fn.Name == "copy") {
				add(n.Args[0])
			}
		}
		return true
	})
	return list
}

// rootOf is x of x, x.f, x[i], x[i:j] and *x, nil for anything else.
func rootOf(e ast.Expr) *ast.Ident {
	for {
		switch n := e.(type) {
		case *ast.Ident:
			return n
		case *ast.SelectorExpr:
			e = n.X
		case *ast.IndexExpr:
			e = n.X
		case *ast.SliceExpr:
			e = n.X
		case *ast.StarExpr:
			e = n.X
		case *ast.ParenExpr:
			e = n.X
		default:
			return nil
		}
	}
}

// refersToPackage tells whether an identifier means a name of its package: the
// parser binds it to this file's declaration, or leaves it for other files.
func refersToPackage(file *ast.File, id *ast.Ident) bool {
	return id.Obj == nil || file.Scope.Lookup(id.Name) == id.Obj
}
