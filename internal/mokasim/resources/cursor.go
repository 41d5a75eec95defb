package resources

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// errCursor is about a next that this Moka never gave.
var errCursor = errors.New("next is not one of ours")

// cursor is the place of the last row of a page: rows behind it follow. The zero
// value is before all rows.
type cursor struct {
	at time.Time
	id int64
}

// since is the place before all rows from a time on.
func since(at time.Time) cursor { return cursor{at, math.MinInt64} }

// v2 cursors are base64 JSON in the form of the sample, which has whole seconds
// without a zone; milliseconds follow where there are some.
type v2Cursor struct {
	Limit        int    `json:"limit"`
	NextID       int64  `json:"nextId"`
	NextUpdateAt string `json:"nextUpdateAt"`
	OrgID        string `json:"orgId"`
}

const v2CursorTime = "2006-01-02T15:04:05.999999999"

func (r *reading) v2Next(last cursor, limit int) string {
	return base64.StdEncoding.EncodeToString([]byte(jsonText(v2Cursor{
		Limit: limit, NextID: last.id, NextUpdateAt: last.at.In(beijing).Format(v2CursorTime), OrgID: r.OrgID,
	})))
}

func v2Place(next string) (cursor, error) {
	text, err := base64.StdEncoding.DecodeString(next)
	if err != nil {
		return cursor{}, errCursor
	}
	var its v2Cursor
	if err := json.Unmarshal(text, &its); err != nil {
		return cursor{}, errCursor
	}
	at, err := time.ParseInLocation(v2CursorTime, its.NextUpdateAt, beijing)
	if err != nil {
		return cursor{}, errCursor
	}
	return cursor{at, its.NextID}, nil
}

// Cursors of the v1 feeds look like one number: Unix milliseconds, then ten or
// more digits of an id.
func feedNext(last cursor) string { return fmt.Sprintf("%d%010d", last.at.UnixMilli(), last.id) }

func feedPlace(next string) (cursor, error) {
	if len(next) < 23 || strings.Trim(next, "0123456789") != "" {
		return cursor{}, errCursor
	}
	at, err := strconv.ParseInt(next[:13], 10, 64)
	if err != nil {
		return cursor{}, errCursor
	}
	id, err := strconv.ParseInt(next[13:], 10, 64)
	if err != nil {
		return cursor{}, errCursor
	}
	return cursor{time.UnixMilli(at), id}, nil
}

// The cursor of movedApplications is documented: <moved_at>_<applicationId>.
func movedNext(last cursor) string { return iso(last.at) + "_" + strconv.FormatInt(last.id, 10) }

func movedPlace(next string) (cursor, error) {
	moved, digits, _ := strings.Cut(next, "_")
	at, err := time.Parse("2006-01-02T15:04:05.000Z", moved)
	if err != nil {
		return cursor{}, errCursor
	}
	id, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		return cursor{}, errCursor
	}
	return cursor{at, id}, nil
}
