// Package report writes measurements down as Markdown that is readable as plain
// text too: tables with their columns lined up, the machine they come from, and
// goals with whether they were met.
package report

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// Table is a table. Cells must not hold line ends; a '|' in one is escaped.
type Table struct {
	// Header names the columns. The first is text, to the left; the others are
	// figures, to the right.
	Header []string
	Rows   [][]string
}

// Add adds a row.
func (t *Table) Add(cells ...string) { t.Rows = append(t.Rows, cells) }

// WriteTo writes the table. Rows that are too short are filled up.
func (t *Table) WriteTo(w io.Writer) (int64, error) {
	widths := make([]int, len(t.Header))
	rows := make([][]string, 0, len(t.Rows)+1)
	for _, row := range append([][]string{t.Header}, t.Rows...) {
		cells := make([]string, len(t.Header))
		for i := range cells {
			if i < len(row) {
				cells[i] = strings.ReplaceAll(row[i], "|", `\|`)
			}
			widths[i] = max(widths[i], utf8.RuneCountInString(cells[i]), 3)
		}
		rows = append(rows, cells)
	}
	var b strings.Builder
	for n, row := range rows {
		for i, cell := range row {
			space := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			if i == 0 {
				b.WriteString("| " + cell + space)
			} else {
				b.WriteString(" | " + space + cell)
			}
		}
		b.WriteString(" |\n")
		if n == 0 {
			writeRule(&b, widths)
		}
	}
	written, err := io.WriteString(w, b.String())
	if err != nil {
		return int64(written), fmt.Errorf("write a table: %w", err)
	}
	return int64(written), nil
}

func writeRule(b *strings.Builder, widths []int) {
	for i, width := range widths {
		if i == 0 {
			b.WriteString("|" + strings.Repeat("-", width+2))
		} else {
			b.WriteString("|" + strings.Repeat("-", width+1) + ":")
		}
	}
	b.WriteString("|\n")
}

// Goal is something that was wanted.
type Goal struct {
	// What is wanted, with its figure.
	What string
	// Got is the figure that came out.
	Got string
	Met bool
}

// Goals is a table of goals.
func Goals(goals []Goal) *Table {
	t := &Table{Header: []string{"goal", "measured", ""}}
	for _, g := range goals {
		verdict := "missed"
		if g.Met {
			verdict = "met"
		}
		t.Add(g.What, g.Got, verdict)
	}
	return t
}
