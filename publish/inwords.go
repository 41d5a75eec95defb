package publish

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// inWords shows a setting's value as a person would say it, and as it is.
func inWords(name, value string) string {
	if value == "" {
		return "nothing"
	}
	n, err := strconv.ParseInt(value, 10, 64)
	switch {
	case err != nil:
		return value
	case strings.HasPrefix(name, "retention.") && n < 0:
		return "no limit"
	case strings.HasSuffix(name, ".ms") && n > 0:
		d := time.Duration(n) * time.Millisecond
		for _, unit := range []struct {
			size time.Duration
			name string
		}{{24 * time.Hour, "d"}, {time.Hour, "h"}, {time.Minute, "min"}, {time.Second, "s"}} {
			if d%unit.size == 0 {
				return fmt.Sprintf("%d %s", d/unit.size, unit.name)
			}
		}
	case strings.HasSuffix(name, ".bytes") && n > 0 && n%(1<<20) == 0:
		return fmt.Sprintf("%d MiB", n>>20)
	}
	return value
}
