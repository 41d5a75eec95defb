package resources

import (
	"fmt"
	"time"
)

// beijing has had no daylight saving time since 1991.
var beijing = time.FixedZone("Asia/Shanghai", 8*3600)

// BeijingTime reads a filter of v2/data/ehrApplications: "Beijing time in format
// YYYY-MM-DDTHH:mm:ss.sssZ", the Z meaning nothing.
func BeijingTime(text string) (time.Time, error) {
	t, err := time.ParseInLocation("2006-01-02T15:04:05.000Z", text, beijing)
	if err != nil {
		return time.Time{}, fmt.Errorf("%q is not YYYY-MM-DDTHH:mm:ss.sssZ", text)
	}
	return t.UTC(), nil
}

// Since reads fromTime, startDate and the other filters by time of the v1
// endpoints: "2018-1-1" or "2018-01-01 10:00:00" in Beijing, or ISO 8601.
func Since(text string) (time.Time, error) {
	for _, layout := range []string{time.RFC3339, "2006-1-2", "2006-1-2 15:04:05", "2006-1-2T15:04:05"} {
		if t, err := time.ParseInLocation(layout, text, beijing); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is neither a date nor ISO 8601", text)
}

// iso is the form of most of Moka's times.
func iso(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// isoOrNil is null for the zero time.
func isoOrNil(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return iso(t)
}

// local is the form without a zone, in Beijing.
func local(t time.Time) string { return t.In(beijing).Format("2006-01-02 15:04:05") }

// millis are Unix milliseconds; null for the zero time.
func millis(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMilli()
}

// seconds of a resume's month ("2011-09"), Unix; null for none.
func seconds(month string) any {
	t, err := time.ParseInLocation("2006-01", month, beijing)
	if err != nil {
		return nil
	}
	return t.Unix()
}

// day is midnight in Beijing of a time's day there.
func day(t time.Time) time.Time {
	t = t.In(beijing)
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, beijing)
}
