// Command panels asks a Prometheus for what every panel of the dashboards shows:
//
//	panels http://127.0.0.1:9090    each query has to have data, but those of panels
//	                                that say why they may be empty
//	panels --rules                  the queries as a rules file, for promtool to parse
//
// Grafana's own variables stand for a minute. The exit status is 1 where a query is
// refused or a panel is empty that may not be.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/mokafka/mokafka/internal/tools/deploy/dashboards/views"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: panels URL | --rules")
		os.Exit(2)
	}
	if os.Args[1] == "--rules" {
		rules()
		return
	}
	if !ask(os.Args[1]) {
		os.Exit(1)
	}
}

// asked is a query of a panel.
type asked struct{ panel, expr, mayBeEmpty string }

func all() []asked {
	var found []asked
	boards := views.All()
	for _, name := range slices.Sorted(maps.Keys(boards)) {
		for _, row := range boards[name].Rows {
			for _, p := range row.Panels {
				for _, q := range p.Queries {
					expr := strings.NewReplacer("$__rate_interval", "1m", "$__interval", "1m").Replace(q.Expr)
					found = append(found, asked{name + ": " + row.Title + ": " + p.Title, expr, p.MayBeEmpty})
				}
			}
		}
	}
	return found
}

func rules() {
	fmt.Println("groups:\n  - name: panels\n    rules:")
	for i, a := range all() {
		fmt.Printf("      - {record: 'panel:%d', expr: %s}\n", i, strconv.Quote(a.expr))
	}
}

func ask(base string) bool {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	good, full, empty := true, map[string]bool{}, map[string]string{}
	for _, a := range all() {
		n, err := series(ctx, base, a.expr)
		switch {
		case err != nil:
			good = false
			fmt.Printf("REFUSED  %s\n         %s\n         %v\n", a.panel, a.expr, err)
		case n > 0:
			full[a.panel] = true
		default:
			empty[a.panel+"\n         "+a.expr] = a.mayBeEmpty
		}
	}
	for _, which := range slices.Sorted(maps.Keys(empty)) {
		panel, _, _ := strings.Cut(which, "\n")
		switch why := empty[which]; {
		case why != "":
			fmt.Printf("empty    %s (%s)\n", panel, why)
		default:
			good = false
			fmt.Printf("NO DATA  %s\n", which)
		}
	}
	fmt.Printf("%d panels have data\n", len(full))
	return good
}

// series is how many a query has now, those that are not a number left out.
func series(ctx context.Context, base, expr string) (int, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"/api/v1/query?query="+url.QueryEscape(expr), nil)
	if err != nil {
		return 0, err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, err
	}
	defer answer.Body.Close()
	var found struct {
		Error string
		Data  struct {
			Result []struct{ Value [2]any }
		}
	}
	if err := json.NewDecoder(answer.Body).Decode(&found); err != nil {
		return 0, err
	}
	if found.Error != "" {
		return 0, fmt.Errorf("%s", found.Error)
	}
	n := 0
	for _, r := range found.Data.Result {
		if r.Value[1] != "NaN" {
			n++
		}
	}
	return n, nil
}
