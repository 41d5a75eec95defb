package report

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"
)

// Median is the middle one of the values, the mean of the middle two where they
// are even in number, and 0 of none. It leaves values as they are.
func Median[T ~int64 | ~float64](values []T) T {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	half := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[half]
	}
	return (sorted[half-1] + sorted[half]) / 2
}

// Count writes a number with commas, without decimals: 12,345.
func Count(x float64) string {
	digits := strconv.FormatFloat(math.Abs(math.Round(x)), 'f', 0, 64)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	if x <= -0.5 {
		return "-" + digits
	}
	return digits
}

// Millis writes a duration in milliseconds, three digits at the least: 0.71, 12.3.
func Millis(d time.Duration) string { return significant(float64(d) / float64(time.Millisecond)) }

// Micros writes a duration in microseconds likewise.
func Micros(d time.Duration) string { return significant(float64(d) / float64(time.Microsecond)) }

func significant(x float64) string {
	switch {
	case x >= 100:
		return Count(x)
	case x >= 10:
		return fmt.Sprintf("%.1f", x)
	default:
		return fmt.Sprintf("%.2f", x)
	}
}

// MiB writes bytes in MiB.
func MiB(bytes int64) string { return Count(float64(bytes) / (1 << 20)) }

// Percent writes a ratio: 0.62 is 62 %.
func Percent(ratio float64) string { return fmt.Sprintf("%.0f %%", 100*ratio) }

// Times writes a ratio the other way: 7.91 is 7.9×.
func Times(ratio float64) string { return fmt.Sprintf("%.1f×", ratio) }
