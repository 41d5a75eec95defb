// Package ops answers what the machines around a worker ask it, on a port of its
// own:
//
//	GET /healthz   200 while the process can answer at all
//	GET /readyz    200 when every check passes, else 503; JSON says which do not
//	GET /metrics   its own Prometheus registry, with Go's and the process's numbers
//	GET /debug/pprof/   profiles, only where they were asked for
//
// Checks run side by side and are given two seconds; one that takes longer has
// not passed. The answers hold what the checks' errors say, so those must hold
// neither personal data nor secrets, and the port belongs on loopback or a
// network of trust.
package ops
