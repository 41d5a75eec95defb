package normalize

import "time"

// beijing is Moka's time zone. China has had no summer time since 1991.
var beijing = time.FixedZone("Beijing", 8*60*60)

// parseInstant reads a time, to the millisecond.
func parseInstant(r *reader, v value) (time.Time, bool) {
	if t, ok := parseUnix(r, v); ok {
		return t, true
	}
	if v.kind() != '"' {
		return time.Time{}, false
	}
	c, ok := parseCivil(r.string(v))
	if !ok {
		return time.Time{}, false
	}
	return inRange(c.time(r.zone))
}

// inRange reports false for years that other programs cannot write.
func inRange(t time.Time) (time.Time, bool) { return t, 1 <= t.Year() && t.Year() <= 9999 }

// parseDay reads the day of a time in Moka's zone, as midnight UTC.
func parseDay(r *reader, v value) (time.Time, bool) {
	if t, ok := parseUnix(r, v); ok {
		return inRange(dayOf(t, r.zone))
	}
	if v.kind() != '"' {
		return time.Time{}, false
	}
	c, ok := parseCivil(r.string(v))
	switch {
	case !ok:
		return time.Time{}, false
	case c.zoned:
		return inRange(dayOf(c.time(r.zone), r.zone))
	default:
		return time.Date(c.year, c.month, c.day, 0, 0, 0, 0, time.UTC), true
	}
}

func dayOf(t time.Time, in *time.Location) time.Time {
	const day = 24 * time.Hour
	if t.Truncate(day).Equal(t) {
		return t // a date written as an instant: that day anywhere
	}
	local := t.In(in)
	// Midnight in China's summer time of 1986 to 1991 is 23:00 of the day before
	// in a zone that has none; people born then are candidates now.
	if local.Hour() == 23 && local.Minute() == 0 && local.Second() == 0 && 1986 <= local.Year() && local.Year() <= 1991 {
		local = local.Add(time.Hour)
	}
	return time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, time.UTC)
}

// Unix seconds end where milliseconds begin: in 2103, or February 1970.
const (
	smallestUnix  = 100_000_000 // a number like 20180503 is no time
	largestSecond = 4_200_000_000
	largestMilli  = 253_402_300_799_999 // the year 9999
)

// parseUnix reads a number of seconds or milliseconds since 1970.
func parseUnix(r *reader, v value) (time.Time, bool) {
	n, ok := parseLong(r, v)
	if !ok {
		return time.Time{}, false
	}
	switch size := max(n, -n); {
	case size < smallestUnix || size > largestMilli:
		return time.Time{}, false
	case size <= largestSecond:
		return time.Unix(n, 0).UTC(), true
	default:
		return time.UnixMilli(n).UTC(), true
	}
}

// civil is a time as people write it.
type civil struct {
	year                 int
	month                time.Month
	day                  int
	hour, minute, second int
	milli                int
	zoned                bool
	offset               time.Duration // east of UTC, if zoned
}

// time returns c in UTC; a c without a zone is in the given one.
func (c civil) time(in *time.Location) time.Time {
	if c.zoned {
		in = time.UTC
	}
	t := time.Date(c.year, c.month, c.day, c.hour, c.minute, c.second, c.milli*int(time.Millisecond), in)
	return t.Add(-c.offset).UTC()
}
