// Command bench measures mokafka on this machine and writes a report: how fast
// webhooks are taken, what one event costs, and how fast a journal becomes events,
// each beside a floor that does only what cannot be left out, and the intake beside
// a service that a team would write by hand; and, on a virtual clock, how fresh
// polling is for the calls it makes.
//
//	bench [name=value …]     see settings; `make bench` builds and runs it
//
// It runs in the root of the repository. The parties are processes of their own,
// started from this program in a role, on loopback; they end with it, however it
// ends. It is no part of mokafka's binary.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"
)

// most is how long everything may take together.
const most = 6 * time.Minute

func main() {
	//nolint:forbidigo // a program of its own has its own arguments and standard files
	if err := run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err) //nolint:forbidigo // as above
		os.Exit(1)                             //nolint:forbidigo // as above
	}
}

// run is the program: a child where the first argument says so, else the bench.
func run(args []string, in io.Reader, out, stderr io.Writer) error {
	if len(args) > 1 && args[0] == "as" {
		ctx, cancel := within(mostPolling) // its parent ends it
		defer cancel()
		return runRole(ctx, args[1], args[2:], in, out, stderr)
	}
	s, err := parseSettings(args)
	if err != nil {
		return err
	}
	limit := most
	if s.has(partPolling) {
		limit = mostPolling
	}
	ctx, cancel := within(limit)
	defer cancel()
	return newBench(s, out, stderr).run(ctx)
}

func within(limit time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(context.Background(), limit, fmt.Errorf("it took longer than %s", limit))
}
