// Command dashboards writes Grafana's dashboards, deploy/grafana/dashboards/*.json,
// and the PrometheusRule of deploy/k8s from deploy/prometheus/alerts.yaml:
//
//	dashboards DEPLOY    write them below the directory DEPLOY
//
// A dashboard is a list of rows of panels, in overview.go, ingest.go, writeback.go and
// kafka.go of package views; what they have in common is in package model. Run by "make deploy".
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/mokafka/mokafka/internal/tools/deploy/dashboards/model"
	"github.com/mokafka/mokafka/internal/tools/deploy/dashboards/views"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: dashboards DEPLOY")
		os.Exit(2)
	}
	if err := write(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "dashboards:", err)
		os.Exit(1)
	}
}

func write(deploy string) error {
	for name, text := range views.Files() {
		if err := os.WriteFile(filepath.Join(deploy, "grafana", "dashboards", name), text, 0o644); err != nil {
			return err
		}
	}
	alerts, err := os.ReadFile(filepath.Join(deploy, "prometheus", "alerts.yaml"))
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(deploy, "k8s", "monitoring", "prometheusrule.yaml"), model.Rule(alerts), 0o644)
}
