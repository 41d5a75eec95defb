package state

import (
	"os"
	"strings"
)

// BootID names this start of the machine, empty where the system does not say
// (only Linux does).
func BootID() string {
	raw, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(raw))
}
