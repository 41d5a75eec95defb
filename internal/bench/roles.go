package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/pprof"
	"strconv"
	"strings"

	"github.com/rs/zerolog"

	"github.com/mokafka/mokafka/internal/bench/derivation"
	"github.com/mokafka/mokafka/internal/bench/installation"
	"github.com/mokafka/mokafka/internal/bench/peers"
	"github.com/mokafka/mokafka/internal/bench/polling"
	"github.com/mokafka/mokafka/internal/bench/process"
)

// The roles this program has as a child, beside those of derivation.
const (
	roleBroker = "broker"
	roleDoor   = "door"
	roleFloor  = "floor"
	roleBare   = "bare"
)

// roleArgs are what a child was told on its command line, as name=value.
type roleArgs map[string]string

func (a roleArgs) number(name string) int {
	n, _ := strconv.Atoi(a[name]) // 0 fails where it is used
	return n
}

// errNoRole says that the arguments are not those of a child.
var errNoRole = errors.New("no such role")

// runRole runs the process as a child.
func runRole(ctx context.Context, role string, args []string, in io.Reader, out, stderr io.Writer) error {
	given := roleArgs{}
	for _, arg := range args {
		name, value, _ := strings.Cut(arg, "=")
		given[name] = value
	}
	stop, err := profile(given["profile"])
	if err != nil {
		return err
	}
	return errors.Join(process.Serve(ctx, in, out, func(ctx context.Context, child *process.Child) error {
		return playRole(ctx, child, role, given, stderr)
	}), stop())
}

func playRole(ctx context.Context, child *process.Child, role string, args roleArgs, stderr io.Writer) error {
	switch role {
	case roleBroker:
		return peers.Broker(ctx, child, zerolog.New(stderr).Level(zerolog.WarnLevel))
	case roleBare:
		return peers.Bare(ctx, child)
	case polling.KnownRole:
		return known(ctx, child, args["dir"])
	}
	i, err := installation.New(installation.Config{Broker: args["broker"], Prefix: args["prefix"], Log: stderr})
	if err != nil {
		return err
	}
	switch role {
	case roleDoor:
		return peers.Door(ctx, child, i)
	case roleFloor:
		return peers.Floor(ctx, child, i)
	case derivation.LoopRole:
		return derivation.Loop(ctx, child, i, derivation.LoopConfig{
			First: args.number("first"), Entries: args.number("entries"), Dir: args["dir"],
		})
	case derivation.CopyRole:
		cfg := derivation.CopyConfig{Prefix: args["copy"], Entries: args.number("entries")}
		if err := json.Unmarshal([]byte(args["written"]), &cfg.Written); err != nil {
			return fmt.Errorf("read what to write: %w", err)
		}
		return derivation.Copy(ctx, child, i, cfg)
	default:
		return fmt.Errorf("%w: %s", errNoRole, role)
	}
}

// profile writes a CPU profile of this process into a file until stop is called.
// An empty path is none.
func profile(path string) (stop func() error, err error) {
	if path == "" {
		return func() error { return nil }, nil
	}
	file, err := os.Create(path)
	if err != nil {
		return nil, fmt.Errorf("write a profile: %w", err)
	}
	if err := pprof.StartCPUProfile(file); err != nil {
		return nil, errors.Join(fmt.Errorf("write a profile: %w", err), file.Close())
	}
	return func() error {
		pprof.StopCPUProfile()
		return file.Close()
	}, nil
}
