package arch

import (
	"path"
	"slices"
	"strings"
)

// room is a directory with everything below it that is not a room itself.
type room struct {
	path string
	// may lists the rooms it may import; anything means all.
	may []string
	// tests says that its code is for tests: only they, rooms that say so
	// themselves and those listed in its own users may import it.
	tests bool
	// users are the rooms that may import it outside tests, if tests is set.
	users []string
}

const anything = "..."

// working is what the rooms at work on Moka's data stand on.
var working = []string{"publish", "internal/markup", "internal/moka", "internal/state", "internal/checkpoint", "schemas"}

// rooms are the rooms of the house and the arrows between them.
var rooms = []room{
	{path: "cmd", may: []string{anything}},
	{path: "ingest/webhook", may: slices.Concat(working, []string{"internal/credential"})},
	{path: "ingest/poll", may: slices.Concat(working, []string{"ingest/normalize", "ingest/content"})},
	{path: "ingest/normalize", may: []string{"internal/markup", "schemas"}},
	{path: "ingest/content", may: []string{"ingest/normalize", "schemas"}},
	{path: "ingest/derive", may: slices.Concat(working, []string{"ingest/normalize", "ingest/content"})},
	{path: "ingest/audit", may: slices.Concat(working, []string{"ingest/normalize", "ingest/derive"})},
	{path: "publish", may: []string{"internal/credential", "schemas"}},
	// It describes the catalogue, which knows nothing of it.
	{path: "publish/topicdoc", may: []string{"publish", "schemas"}},
	{path: "schemas"},
	{path: "schemas/schemastest", may: []string{"schemas"}, tests: true, users: []string{"cmd", "internal/bench"}},
	{path: "internal/credential"},
	{path: "internal/markup"},
	{path: "internal/moka"},
	// A second reading of Moka's documents: not even its tests see the first.
	{path: "internal/mokasim", tests: true, users: []string{"cmd", "internal/bench", "internal/crash"}},
	{path: "internal/state", may: []string{"publish", "schemas"}},
	{path: "internal/checkpoint", may: []string{"publish", "internal/state", "schemas"}},
	{path: "internal/writeback", may: working},
	// Its tests replay what poll and the door say of a company; its code sees neither
	// (.golangci.yml).
	{path: "internal/recovery", may: slices.Concat(working, []string{"ingest/normalize", "ingest/derive", "ingest/content", "ingest/poll", "ingest/webhook"})},
	{path: "internal/specimen", may: []string{"publish", "schemas", "ingest/normalize", "ingest/derive"}},
	{path: "internal/ops"},
	{path: "internal/kafkatest", may: []string{"internal/kafkatest/embedded", "schemas", "schemas/schemastest"}, tests: true},
	{path: "internal/kafkatest/embedded", tests: true, users: []string{"cmd", "internal/bench"}},
	{path: "internal/bench", may: []string{anything}},
	{path: "internal/crash", may: []string{anything}},
	{path: "internal/arch"},
}

// roomOf finds the innermost room that holds dir.
func roomOf(dir string) (room, bool) {
	for ; dir != "."; dir = path.Dir(dir) {
		if i := slices.IndexFunc(rooms, func(r room) bool { return r.path == dir }); i >= 0 {
			return rooms[i], true
		}
	}
	return room{}, false
}

// Arrows reports imports between rooms that the design has no arrow for, and
// packages that are in no room.
func Arrows(t *Tree) []string {
	var found []string
	for _, p := range t.packages() {
		from, ok := roomOf(p.dir)
		if !ok {
			found = append(found, t.at(p.files[0].Syntax.Package,
				"%s is in no room of the design: move it, or give it a row in internal/arch/rooms.go", p.dir))
			continue
		}
		for _, f := range p.files {
			for _, spec := range f.Syntax.Imports {
				dir, ok := strings.CutPrefix(importPath(spec), t.Module+"/")
				if !ok {
					continue
				}
				to, ok := roomOf(dir)
				if !ok || from.reaches(to, f.Test) {
					continue
				}
				found = append(found, t.at(spec.Pos(), "%s may not import %s", from.path, dir))
			}
		}
	}
	return found
}

// reaches tells whether there is an arrow from r to another room.
func (r room) reaches(to room, fromTest bool) bool {
	switch {
	case r.path == to.path:
		return true
	case to.path == "cmd":
		return false
	case to.tests:
		return fromTest || slices.Contains(to.users, r.path) || slices.Contains(r.may, to.path)
	default:
		return slices.Contains(r.may, anything) || slices.Contains(r.may, to.path)
	}
}
