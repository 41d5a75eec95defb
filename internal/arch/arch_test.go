package arch_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/mokafka/mokafka/internal/arch"
)

// TestTheHouse holds this repository to its own rules.
func TestTheHouse(t *testing.T) {
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	tree, err := arch.Load(os.DirFS(root))
	if err != nil {
		t.Fatal(err)
	}
	if tree.Module != "github.com/mokafka/mokafka" || len(tree.Files) < 10 {
		t.Fatalf("loaded %d files of module %q from %s: not the repository", len(tree.Files), tree.Module, root)
	}
	rules := map[string]func(*arch.Tree) []string{
		"arrows between rooms":       arch.Arrows,
		"fences of packages":         arch.Fences,
		"no init functions":          arch.Inits,
		"no package state":           arch.PackageState,
		"one default a variable":     arch.EnvDefaults,
		"package comments":           arch.PackageComments,
		"files are short":            arch.LongFiles,
		"goroutines are leak-tested": arch.Goroutines,
	}
	for name, rule := range rules {
		t.Run(name, func(t *testing.T) {
			for _, finding := range rule(tree) {
				t.Error(finding)
			}
		})
	}
	t.Run("fixed top level", func(t *testing.T) {
		found, err := arch.TopLevel(os.DirFS(root))
		if err != nil {
			t.Fatal(err)
		}
		for _, finding := range found {
			t.Error(finding)
		}
	})
}
