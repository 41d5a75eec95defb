package process

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"time"
)

// Usage is what a process has used of the machine.
type Usage struct {
	// CPU is the processor time of all its threads since it began, of which the
	// kernel worked System for it.
	CPU, System time.Duration
	// Resident is the memory it holds now, PeakResident the most it held, in bytes.
	Resident, PeakResident int64
}

// UsageOf reads it from /proc; ok is false where there is none, or no such
// process any more.
func UsageOf(pid int) (u Usage, ok bool) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return Usage{}, false
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return Usage{}, false
	}
	user, system, ok := parseStat(stat)
	u = Usage{CPU: user + system, System: system}
	u.Resident = parseStatus(status, "VmRSS")
	u.PeakResident = parseStatus(status, "VmHWM")
	return u, ok && u.Resident > 0
}

// tick is USER_HZ, which Linux promises to programs whatever it uses itself.
const tick = time.Second / 100

// parseStat reads the times in /proc/PID/stat. The name of the program stands
// in parentheses and may hold anything, so fields are counted from its end.
func parseStat(stat []byte) (user, system time.Duration, ok bool) {
	end := bytes.LastIndexByte(stat, ')')
	if end < 0 {
		return 0, 0, false
	}
	fields := bytes.Fields(stat[end+1:])
	const utime, stime = 14 - 3, 15 - 3 // the numbers of proc(5), less what is cut off
	if len(fields) <= stime {
		return 0, 0, false
	}
	u, err1 := strconv.ParseInt(string(fields[utime]), 10, 64)
	s, err2 := strconv.ParseInt(string(fields[stime]), 10, 64)
	return time.Duration(u) * tick, time.Duration(s) * tick, err1 == nil && err2 == nil
}

// parseStatus reads a size in /proc/PID/status, in bytes; 0 where it is not there.
func parseStatus(status []byte, name string) int64 {
	for line := range bytes.Lines(status) {
		if rest, ok := bytes.CutPrefix(line, []byte(name+":")); ok {
			fields := bytes.Fields(rest)
			if len(fields) == 2 && string(fields[1]) == "kB" {
				n, _ := strconv.ParseInt(string(fields[0]), 10, 64) // 0 if it is no number
				return n << 10
			}
		}
	}
	return 0
}
