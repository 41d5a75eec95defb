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
