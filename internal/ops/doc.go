// Package ops answers what the machines around a worker ask it, on a port of its
// own:
//
//	GET /healthz   200 while the process can answer at all
//	GET /readyz    200 when every check passes, else 503; JSON says which do not
//	GET /readyz/{check}   the same for one check alone, by its name
//	GET /metrics   its own Prometheus registry, with Go's and the process's numbers
//	GET /debug/pprof/   profiles, only where they were asked for
//
// A check whose error is Degraded does not take the worker out of service: /readyz
// answers 200 and says "degraded". Asked for alone, such a check answers 503, so
// that whoever watches over it can see it.
//
// Checks run side by side and are given two seconds; one that takes longer has
// not passed. The answers hold what the checks' errors say, so those must hold
// neither personal data nor secrets, and the port belongs on loopback or a
// network of trust.
package ops
