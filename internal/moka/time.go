package moka

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

// beijing is Moka's zone. China has had no summer time since 1991.
var beijing = time.FixedZone("Beijing", 8*60*60)

const isoMillis = "2006-01-02T15:04:05.000Z"

// instant writes a time as Moka's samples have it in bodies: ISO 8601, in UTC.
func instant(t time.Time) string { return t.UTC().Format(isoMillis) }

// beijing writes a time as the filters of v2/data/ehrApplications want it:
// Moka's local time, but with a Z.
func (c *Client) beijing(t time.Time) string { return t.In(c.location).Format(isoMillis) }

// ceilMilli rounds up, so that an inclusive end stays one.
func ceilMilli(t time.Time) time.Time { return t.Add(time.Millisecond - 1).Truncate(time.Millisecond) }

// midnight is midnight UTC of t's day in Moka's zone. Read as UTC or as Moka's
// time it is of that day.
func (c *Client) midnight(t time.Time) time.Time {
	year, month, day := t.In(c.location).Date()
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
}

// since writes the fromTime of a feed, in the form that Moka documents
// (2018-1-1). Whether the day begins at midnight in UTC or in Moka's zone is not
// documented; it is written so that t is after its beginning in both.
func (c *Client) since(t time.Time) string {
	u, local := t.UTC(), t.In(c.location)
	if local.Format(time.DateOnly) < u.Format(time.DateOnly) {
		u = local
	}
	return u.Format("2006-1-2")
}

var civil = regexp.MustCompile(`^(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ]+(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,9})\d*)?)?)? ?(Z|z|[+-]\d{2}:?\d{2})?$`)

// when reads a time as Moka writes them: ISO 8601 with a zone, the same or a day
// without one (then in location), or Unix seconds or milliseconds. Zero for
// anything else. The result is in UTC.
func when(v raw, location *time.Location) time.Time {
	text := v.text()
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return unix(n)
	}
	m := civil.FindStringSubmatch(text)
	if m == nil {
		return time.Time{}
	}
	part := func(i int) int {
		n, _ := strconv.Atoi(m[i]) // at most four digits, or none: 0
		return n
	}
	if part(2) < 1 || part(2) > 12 || part(3) < 1 || part(3) > 31 || part(4) > 24 || part(5) > 59 || part(6) > 60 {
		return time.Time{}
	}
	nanos, _ := strconv.Atoi((m[7] + "000000000")[:9]) // digits alone
	switch zone := m[8]; {
	case zone == "Z" || zone == "z":
		location = time.UTC
	case zone != "":
		digits := strings.Replace(zone[1:], ":", "", 1)
		n, _ := strconv.Atoi(digits) // four digits
		seconds := (n/100*60 + n%100) * 60
		if zone[0] == '-' {
			seconds = -seconds
		}
		location = time.FixedZone("", seconds)
	}
	return time.Date(part(1), time.Month(part(2)), part(3), part(4), part(5), part(6), nanos, location).UTC()
}

// Unix seconds end where milliseconds begin: in 2103, or February 1970.
const (
	smallestUnix  = 100_000_000
	largestSecond = 4_200_000_000
	largestMilli  = 253_402_300_799_999 // the year 9999
)

func unix(n int64) time.Time {
	switch {
	case n < smallestUnix || n > largestMilli:
		return time.Time{}
	case n <= largestSecond:
		return time.Unix(n, 0).UTC()
	default:
		return time.UnixMilli(n).UTC()
	}
}
