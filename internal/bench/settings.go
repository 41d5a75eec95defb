package main

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The parts of the measurement.
const (
	partIntake = "intake"
	partEvent  = "event"
	partDerive = "derive"
	// partPolling is virtual time, and takes minutes of real time: it is measured
	// when it is asked for.
	partPolling = "polling"
	// partCommands likewise is measured when it is asked for.
	partCommands = "commands"
	// partReplay likewise.
	partReplay = "replay"
)

// settings are given as name=value, as make does; every one has a default.
type settings struct {
	// out is a file that the report goes to as well; "" is none.
	out string
	// parts to run.
	parts []string
	// rounds of intake and derive.
	rounds int
	// connections of intake; seconds for each server and number of connections.
	connections []int
	seconds     float64
	// entries of derive, for each kind of journal, and of how many applications.
	entries, applications int
	// company is how many applications the simulated company has, changes how many
	// of them a day, hours how long it is watched.
	company int
	changes []int
	hours   float64
	// history is how many applications are backfilled, known how many a poller knows
	// as it begins; 0 leaves that out.
	history, known int
	// ledger is how many results a ledger has that is restored; 0 leaves that out.
	ledger int
	// profiles is a directory for CPU profiles of our processes; "" is none.
	profiles string
	// node is a directory for the Node service and what it needs.
	node string
	// revision of the code, for the report.
	revision string
}

func defaults() settings {
	return settings{
		parts: []string{partIntake, partEvent, partDerive}, rounds: 3, connections: []int{1, 16, 128}, seconds: 2,
		entries: 10_000, applications: 5000, node: "bin/bench-node",
		company: 2000, changes: []int{2000, 20_000}, hours: 1, history: 5000, known: 100_000, ledger: 1_000_000,
	}
}

// warmUp comes before each measurement of intake.
const warmUp = 500 * time.Millisecond

func (s *settings) has(part string) bool { return slices.Contains(s.parts, part) }

// parseSettings reads the program's arguments. It reports every fault at once.
func parseSettings(args []string) (settings, error) {
	s := defaults()
	var errs []error
	for _, arg := range args {
		name, value, _ := strings.Cut(arg, "=")
		if err := s.set(name, value); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", arg, err))
		}
	}
	return s, errors.Join(errs...)
}

func (s *settings) set(name, value string) (err error) {
	switch name {
	case "out":
		s.out = value
	case "parts":
		s.parts = strings.Split(value, ",")
		for _, part := range s.parts {
			if all := slices.Concat(defaults().parts, []string{partPolling, partCommands, partReplay}); !slices.Contains(all, part) {
				err = fmt.Errorf("want some of %s", strings.Join(all, ","))
			}
		}
	case "rounds":
		s.rounds, err = number(value, 1, 20)
	case "connections":
		s.connections = nil
		for one := range strings.SplitSeq(value, ",") {
			n, oneErr := number(one, 1, 1024)
			s.connections, err = append(s.connections, n), errors.Join(err, oneErr)
		}
	case "seconds":
		if s.seconds, err = strconv.ParseFloat(value, 64); err != nil || !(s.seconds >= 0.1 && s.seconds <= 30) {
			err = errors.New("want 0.1 to 30")
		}
	case "entries":
		s.entries, err = number(value, 100, 1_000_000)
	case "applications":
		s.applications, err = number(value, 1, 100_000)
	case "ledger":
		s.ledger, err = number(value, 0, 10_000_000)
	case "profiles":
		s.profiles = value
	case "node":
		s.node = value
	case "revision":
		s.revision = value
	default:
		return s.setPolling(name, value)
	}
	return err
}

// setPolling sets what is about the part polling.
func (s *settings) setPolling(name, value string) (err error) {
	switch name {
	case "company":
		s.company, err = number(value, 0, 1_000_000)
	case "changes":
		s.changes = nil
		for one := range strings.SplitSeq(value, ",") {
			n, oneErr := number(one, 1, 1_000_000)
			s.changes, err = append(s.changes, n), errors.Join(err, oneErr)
		}
	case "hours":
		if s.hours, err = strconv.ParseFloat(value, 64); err != nil || !(s.hours >= 0.1 && s.hours <= 240) {
			err = errors.New("want 0.1 to 240")
		}
	case "history":
		s.history, err = number(value, 0, 1_000_000)
	case "known":
		s.known, err = number(value, 0, 10_000_000)
	default:
		err = errors.New("there is no such setting: want out, parts, rounds, connections, seconds, entries, applications, " +
			"company, changes, hours, history, known, profiles, node, revision")
	}
	return err
}

func number(text string, least, most int) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil || n < least || n > most {
		return 0, fmt.Errorf("want %d to %d", least, most)
	}
	return n, nil
}
