// Command mokafka turns a Moka recruiting account into Kafka topics: see
// "mokafka --help". This package is a set of thin adapters, one file a
// subcommand, around the rooms that do the work. It is the only place that reads
// the environment, arguments, standard files and signals; all of them come in
// through a program, so that tests run commands in process.
//
// Results go to standard output, logs and errors to standard error. The exit
// status is 0 when what was asked for is done, 1 when it failed, 2 when it was
// asked for wrongly, by arguments or by the configuration.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"
	_ "time/tzdata" // images without a zone database know MOKA_TIME_ZONE too
)

// version is set by the linker: -X main.version=…
var version string

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// A second signal kills; but not one that comes along with the first, as when
	// a process gets it from the terminal and from its parent.
	context.AfterFunc(ctx, func() { time.AfterFunc(time.Second, stop) })
	p := &program{
		stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr,
		name: os.Args[0], lookup: os.LookupEnv, hostname: os.Hostname, now: time.Now,
	}
	os.Exit(p.run(ctx, os.Args[1:]))
}
