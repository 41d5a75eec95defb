package writeback

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/mokafka/mokafka/internal/moka"
	"github.com/mokafka/mokafka/schemas"
)

// application is what a view needs of an item of v2/data/ehrApplications. Keys
// match whatever their case; Moka's types vary, so every leaf reads leniently.
type application struct {
	Basic struct {
		ApplicationID whole `json:"applicationId"`
		CandidateID   whole `json:"candidateId"`
		Archived      truth `json:"archived"`
		ArchivedAt    text  `json:"archivedAt"`
		HiredAt       text  `json:"hiredAt"`
		MovedAt       text  `json:"movedAt"`
		UpdatedAt     text  `json:"updatedAt"`
		Stage         struct {
			ID   whole `json:"id"`
			Name text  `json:"name"`
		} `json:"stage"`
	} `json:"basicInfo"`
	Offer struct {
		Status     text `json:"status"`
		Approval   text `json:"approvalStatus"`
		FinishedAt text `json:"finishedAt"`
	} `json:"offerInfo"`
	Job struct {
		ID text `json:"id"`
	} `json:"jobInfo"`
	Activities many[struct {
		Type        text  `json:"type"`
		At          text  `json:"createAt"`
		FromStageID whole `json:"fromStageId"`
		ToStageID   whole `json:"toStageId"`
	}] `json:"activities"`
}

// clock turns Moka's times into ours.
type clock struct {
	location *time.Location
	skew     time.Duration // Moka's clock less ours, in whole seconds
}

// clockOf compares the two clocks by a page's Date, which is cut to the second
// and written when the answer was: less than 3 s says nothing.
func clockOf(page moka.Page, location *time.Location) clock {
	c := clock{location: location}
	if page.Date.IsZero() {
		return c
	}
	if skew := page.Date.Sub(page.Began).Round(time.Second); skew >= 3*time.Second || skew <= -3*time.Second {
		c.skew = skew
	}
	return c
}

func (c clock) time(t text) time.Time {
	at := parseTime(string(t), c.location)
	if at.IsZero() {
		return at
	}
	return at.Add(-c.skew)
}

// parseTime reads the forms that Moka documents; zero for anything else.
func parseTime(s string, location *time.Location) time.Time {
	if ms, err := strconv.ParseInt(s, 10, 64); err == nil && ms > 0 {
		if ms < 1e11 {
			return time.Unix(ms, 0).UTC()
		}
		return time.UnixMilli(ms).UTC()
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-1-2T15:04:05.999Z07:00", time.DateTime, "2006-1-2 15:04", "2006-1-2"} {
		if at, err := time.ParseInLocation(layout, s, location); err == nil {
			return at.UTC()
		}
	}
	return time.Time{}
}

// parseApplication reads an item of v2/data/ehrApplications.
func parseApplication(body []byte, began time.Time, c clock) (*View, error) {
	var a application
	if err := json.Unmarshal(body, &a); err != nil {
		return nil, fmt.Errorf("read what Moka showed of an application: %w", err)
	}
	b := &a.Basic
	if b.Stage.ID == 0 {
		return nil, fmt.Errorf("read what Moka showed of an application: it has no stage")
	}
	v := &View{
		ReadAt: began, Found: true, CandidateID: int64(b.CandidateID), JobID: string(a.Job.ID),
		StageID: int64(b.Stage.ID), StageName: string(b.Stage.Name), Archived: bool(b.Archived),
		MovedAt: c.time(b.MovedAt), UpdatedAt: c.time(b.UpdatedAt), ArchivedAt: c.time(b.ArchivedAt), HiredAt: c.time(b.HiredAt),
	}
	for _, m := range a.Activities {
		if strings.EqualFold(string(m.Type), "MOVE_STAGE") {
			v.Moves = append(v.Moves, Move{At: c.time(m.At), From: int64(m.FromStageID), To: int64(m.ToStageID)})
		}
	}
	if o := a.Offer; o.Status != "" || o.Approval != "" {
		v.Offer = &OfferView{Status: offerWord(string(o.Status)), Approval: approvalWord(string(o.Approval)), AnsweredAt: c.time(o.FinishedAt)}
	}
	return v, nil
}

func offerWord(s string) schemas.OfferStatus {
	switch strings.ToLower(s) {
	case "notcreated":
		return schemas.OfferStatusNotCreated
	case "pending":
		return schemas.OfferStatusPending
	case "sent":
		return schemas.OfferStatusSent
	case "accepted":
		return schemas.OfferStatusAccepted
	case "rejected":
		return schemas.OfferStatusRejected
	}
	return schemas.OfferStatusUnknown
}

// approvalWord takes INPROGRES too, which Moka documents.
func approvalWord(s string) schemas.ApprovalStatus {
	switch strings.ToUpper(s) {
	case "UNINITIATED":
		return schemas.ApprovalStatusUninitiated
	case "INPROGRESS", "INPROGRES":
		return schemas.ApprovalStatusInProgress
	case "APPROVED":
		return schemas.ApprovalStatusApproved
	case "REJECTED":
		return schemas.ApprovalStatusRejected
	case "RECALLED":
		return schemas.ApprovalStatusRecalled
	}
	return schemas.ApprovalStatusUnknown
}

// parseHeadcount reads the object of v1/headcount/{id}.
func parseHeadcount(item moka.Item, c clock) (*HeadcountView, error) {
	var object map[string]json.RawMessage
	if err := json.Unmarshal(item.Body, &object); err != nil {
		return nil, fmt.Errorf("read what Moka showed of a headcount: %w", err)
	}
	h := &HeadcountView{ID: item.ID, Fields: make(map[string]json.RawMessage, len(object))}
	for name, value := range object {
		h.Fields[strings.ToLower(name)] = value
	}
	at := func(names ...string) time.Time {
		for _, name := range names {
			var t text
			if json.Unmarshal(h.Fields[name], &t) == nil && t != "" {
				return c.time(t)
			}
		}
		return time.Time{}
	}
	h.CreatedAt, h.UpdatedAt = at("createdat", "createat"), at("updatedat", "updateat")
	return h, nil
}

// whole is a number that may be text; anything else is 0.
type whole int64

func (w *whole) UnmarshalJSON(raw []byte) error {
	n, err := strconv.ParseInt(string(bytes.Trim(raw, `"`)), 10, 64)
	if err != nil {
		n = 0
	}
	*w = whole(n)
	return nil
}

// text is a text that may be a number; null, objects and lists are "".
type text string

func (t *text) UnmarshalJSON(raw []byte) error {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		*t = text(s)
		return nil
	}
	*t = ""
	if len(raw) > 0 && (raw[0] == '-' || raw[0] >= '0' && raw[0] <= '9') {
		*t = text(raw)
	}
	return nil
}

// truth is a boolean that may be 1 or text.
type truth bool

func (b *truth) UnmarshalJSON(raw []byte) error {
	s := strings.ToLower(string(bytes.Trim(raw, `"`)))
	*b = s == "true" || s == "1"
	return nil
}

// many is a list that may be the one bare object, a text of JSON, or nothing.
type many[T any] []T

func (m *many[T]) UnmarshalJSON(raw []byte) error {
	*m = nil
	var inner string
	if json.Unmarshal(raw, &inner) == nil {
		raw = []byte(inner)
	}
	raw = bytes.TrimSpace(raw)
	switch {
	case len(raw) == 0 || string(raw) == "null":
		return nil
	case raw[0] == '{':
		var one T
		if err := json.Unmarshal(raw, &one); err != nil {
			return err
		}
		*m = many[T]{one}
		return nil
	}
	var list []T
	if err := json.Unmarshal(raw, &list); err != nil {
		return err
	}
	*m = list
	return nil
}
