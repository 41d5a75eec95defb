// Package model is the part of Grafana's dashboard model that ours use, schema version
// 39 (Grafana 11), and how rows of panels become one.
package model

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// Panel is one as the views write it.
type Panel struct {
	Title string
	// About is shown at the panel's corner: what it means and what to do.
	About string
	// Kind is timeseries (""), stat or table.
	Kind string
	// Unit is Grafana's: s, reqps, short, percentunit, bytes, cpm.
	Unit    string
	Queries []Query
	// Width is of 24; 0 shares the row evenly, in lines of at most four, or of six that
	// are all stats.
	Width int
	// Stack adds the series up.
	Stack bool
	// Bad is the value from which on it is red; nil: never.
	Bad *float64
	// MayBeEmpty says why a healthy installation may have no data for it; "": it has.
	MayBeEmpty string
}

// Query is PromQL, and the legend of its series.
type Query struct{ Expr, Legend string }

// Row is a heading with its panels.
type Row struct {
	Title  string
	Panels []Panel
}

// Dashboard is one as the views write it.
type Dashboard struct {
	UID, Title, About string
	Rows              []Row
}

// At is a pointer to a number.
func At(n float64) *float64 { return &n }

type object = map[string]any

var source = object{"type": "prometheus", "uid": "${datasource}"}

// JSON is what Grafana reads.
func (d Dashboard) JSON() []byte {
	var panels []object
	id, y := 0, 0
	for _, row := range d.Rows {
		id++
		panels = append(panels, object{
			"id": id, "type": "row", "title": row.Title, "collapsed": false, "panels": []object{},
			"gridPos": object{"x": 0, "y": y, "w": 24, "h": 1},
		})
		y++
		x, high := 0, 0
		for _, p := range row.Panels {
			width, height := p.Width, 8
			if width == 0 {
				width = row.share()
			}
			if p.Kind == "stat" {
				height = 4
			}
			if x+width > 24 {
				x, y, high = 0, y+high, 0
			}
			id++
			one := p.object(id)
			one["gridPos"] = object{"x": x, "y": y, "w": width, "h": height}
			panels = append(panels, one)
			x, high = x+width, max(high, height)
		}
		y += high
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	_ = e.Encode(object{ // a map of texts and numbers is always JSON
		"uid": d.UID, "title": d.Title, "description": d.About, "tags": []string{"mokafka"},
		"schemaVersion": 39, "version": 1, "editable": false, "graphTooltip": 1, "timezone": "browser", "refresh": "30s",
		"time":   object{"from": "now-3h", "to": "now"},
		"panels": panels,
		"links": []object{{
			"type": "dashboards", "title": "mokafka", "tags": []string{"mokafka"}, "asDropdown": false, "includeVars": true,
			"keepTime": true, "icon": "external link", "tooltip": "", "targetBlank": false,
		}},
		"templating": object{"list": []object{{
			"name": "datasource", "label": "Prometheus", "type": "datasource", "query": "prometheus", "hide": 0,
			"includeAll": false, "multi": false, "refresh": 1, "regex": "", "options": []object{},
			"current": object{"selected": true, "text": "Prometheus", "value": "prometheus"},
		}}},
		"annotations": object{"list": []object{{
			"name": "alerts", "datasource": source, "enable": true, "iconColor": "red",
			"expr": `ALERTS{alertname=~"Mokafka.*", alertstate="firing"}`,
		}}},
	})
	return b.Bytes()
}

// share is the width of a panel that names none. A panel narrower than a quarter has no
// room for its title and its legend.
func (r Row) share() int {
	most := 6
	for _, p := range r.Panels {
		if p.Kind != "stat" {
			most = 4
		}
	}
	lines := (len(r.Panels) + most - 1) / most
	return 24 / ((len(r.Panels) + lines - 1) / lines)
}

func (p Panel) object(id int) object {
	kind := p.Kind
	if kind == "" {
		kind = "timeseries"
	}
	var targets []object
	for i, q := range p.Queries {
		t := object{"refId": string(rune('A' + i)), "datasource": source, "expr": q.Expr, "legendFormat": q.Legend, "range": true, "instant": false}
		if kind != "timeseries" {
			t["range"], t["instant"] = false, true
		}
		if kind == "table" {
			t["format"] = "table"
		}
		targets = append(targets, t)
	}
	steps := []object{{"color": "green", "value": nil}}
	if p.Bad != nil {
		steps = append(steps, object{"color": "red", "value": *p.Bad})
	}
	defaults := object{
		"unit": p.Unit, "thresholds": object{"mode": "absolute", "steps": steps},
		"color": object{"mode": map[bool]string{true: "palette-classic", false: "thresholds"}[kind == "timeseries"]},
	}
	about := p.About
	if p.MayBeEmpty != "" {
		about = fmt.Sprintf("%s\n\nEmpty where %s.", about, p.MayBeEmpty)
		defaults["noValue"] = "none"
	}
	if kind == "timeseries" {
		mode := "none"
		if p.Stack {
			mode = "normal"
		}
		defaults["min"] = 0
		defaults["custom"] = object{
			"drawStyle": "line", "lineWidth": 1, "fillOpacity": 10, "showPoints": "never",
			"stacking":        object{"mode": mode, "group": "A"},
			"thresholdsStyle": object{"mode": map[bool]string{true: "line", false: "off"}[p.Bad != nil]},
		}
	}
	return object{
		"id": id, "type": kind, "title": p.Title, "description": about, "datasource": source,
		"targets": targets, "options": options(kind),
		"fieldConfig": object{"defaults": defaults, "overrides": []object{}},
	}
}

func options(kind string) object {
	switch kind {
	case "stat":
		return object{
			"reduceOptions": object{"calcs": []string{"lastNotNull"}, "fields": "", "values": false},
			"colorMode":     "value", "graphMode": "none", "justifyMode": "auto", "orientation": "auto", "textMode": "auto",
		}
	case "table":
		return object{"showHeader": true, "cellHeight": "sm"}
	}
	return object{
		"legend":  object{"displayMode": "table", "placement": "bottom", "showLegend": true, "calcs": []string{"lastNotNull", "max"}},
		"tooltip": object{"mode": "multi", "sort": "desc"},
	}
}
