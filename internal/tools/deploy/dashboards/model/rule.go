package model

import (
	"bytes"
	"strings"
)

// Rule is the PrometheusRule that holds the groups of a file of Prometheus's own.
func Rule(alerts []byte) []byte {
	var b bytes.Buffer
	b.WriteString(`# Written by "make deploy" from deploy/prometheus/alerts.yaml.
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata: {name: mokafka, labels: {app.kubernetes.io/part-of: mokafka}}
spec:
`)
	groups := false
	for line := range strings.Lines(string(alerts)) {
		groups = groups || strings.HasPrefix(line, "groups:")
		switch {
		case !groups:
		case strings.TrimSpace(line) == "":
			b.WriteString("\n")
		default:
			b.WriteString("  " + line)
		}
	}
	return b.Bytes()
}
