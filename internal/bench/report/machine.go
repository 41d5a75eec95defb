package report

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"
)

// Machine says where figures come from.
type Machine struct {
	At       time.Time
	Go       string
	System   string // GOOS/GOARCH
	Cores    int
	CPU      string // the model, "" where it is not known
	Node     string // the version of Node.js, "" where it is not there
	Revision string // of the code, "" where it is not known
}

// ThisMachine looks around.
func ThisMachine(now time.Time) Machine {
	return Machine{
		At: now, Go: runtime.Version(), System: runtime.GOOS + "/" + runtime.GOARCH,
		Cores: runtime.NumCPU(), CPU: cpuModel(),
	}
}

// String is one line.
func (m Machine) String() string {
	parts := []string{m.At.UTC().Format("2006-01-02 15:04 UTC"), fmt.Sprintf("%d cores", m.Cores)}
	for _, p := range []string{m.CPU, m.System, m.Go} {
		if p != "" {
			parts = append(parts, p)
		}
	}
	if m.Node != "" {
		parts = append(parts, "Node "+m.Node)
	}
	if m.Revision != "" {
		parts = append(parts, "mokafka "+m.Revision)
	}
	return strings.Join(parts, " · ")
}

// Load is the load average of the last minute, "unknown" where the system does
// not tell. What is above what the measurement itself needs, others took.
func Load() string {
	text, err := os.ReadFile("/proc/loadavg")
	if fields := bytes.Fields(text); err == nil && len(fields) > 0 {
		return string(fields[0])
	}
	return "unknown"
}

func cpuModel() string {
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return ""
	}
	for line := range bytes.Lines(text) {
		if name, value, ok := bytes.Cut(line, []byte(":")); ok && string(bytes.TrimSpace(name)) == "model name" {
			return string(bytes.TrimSpace(value))
		}
	}
	return ""
}
