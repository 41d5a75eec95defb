// Package check holds what lies in deploy/ and in docker-compose.yml to what can be known
// of it without a cluster: compose files as Docker reads them, every overlay as
// kustomize renders it, each object against the types of Kubernetes and the Prometheus
// operator, the names of variables and metrics against what the binary knows, alerts
// against their pages. It is all tests; "make deploy-check" runs them.
package check
