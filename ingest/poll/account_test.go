package poll_test

import (
	"cmp"
	"context"
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/mokafka/mokafka/internal/moka"
)

// row is an application as the model of Moka has it.
type row struct {
	id      int64
	updated time.Time // as Moka's clock says
	visible time.Time // when reads show it, by Moka's clock
	moved   time.Time
	content int
	hot     bool // in a stage where things change quietly
	old     *row // what reads show until then
}

// account is a model of Moka: a table of applications, read by window and by id.
type account struct {
	mu       sync.Mutex // of the rest, where several goroutines ask
	clock    *clock
	skew     time.Duration // Moka's clock less ours
	rows     map[int64]*row
	pageSize int
	calls    int
	byID     int
	history  int // calls of class backfill
	fail     func(call int) error
	onPage   func()
	circle   bool
	backward bool           // newest first
	expired  bool           // tokens are refused
	second   bool           // it is the second endpoint that is asked
	hidden   map[int64]bool // from the first endpoint, not from the second
	hcs      map[int64]time.Time
	hcCalls  int
	// unlisted headcounts are left out of the list of all.
	unlisted map[int64]bool
	// nobody is what is said of a headcount that is not there; 0: KindNotFound.
	nobody moka.Kind
	// poison is an application for which Moka refuses whatever is asked with it.
	poison   int64
	poisoned moka.Kind // of a headcount; 0: KindTransient
	// v1 has the first endpoint refused, and the second answer with an error where
	// it knows nobody, as Moka documents.
	v1 bool
	// forbidden feeds are refused as if the key were wrong.
	forbidden bool
	onDetail  func()
	asked     int // items shown by window
	// interviews are those ahead, by application.
	interviews map[int64]time.Time
}

func newAccount(c *clock) *account {
	return &account{clock: c, rows: map[int64]*row{}, hidden: map[int64]bool{}, pageSize: 3, hcs: map[int64]time.Time{}}
}

func (a *account) now() time.Time { return a.clock.Now().Add(a.skew) }

// change gives an application new content, with a new updatedAt unless quiet.
func (a *account) change(id int64, quiet bool, delay time.Duration) *row {
	old := a.rows[id]
	r := &row{id: id, updated: a.now().Truncate(time.Second), visible: a.now().Add(delay), content: 1}
	if old != nil {
		r.content, r.hot = old.content+1, old.hot
		if quiet {
			r.updated = old.updated
		}
		if delay > 0 {
			r.old = a.shown(old)
		}
	}
	a.rows[id] = r
	return r
}

// shown is what a read shows of a row now; nil for nothing.
func (a *account) shown(r *row) *row {
	for r != nil && r.visible.After(a.now()) {
		r = r.old
	}
	return r
}

func (a *account) item(r *row) moka.Item {
	stage := 100
	if r.hot {
		stage = 201
	}
	body := fmt.Sprintf(`{"basicInfo":{"applicationId":%d,"name":"%d","stage":{"name":"x","type":%d}}}`, r.id, r.content, stage)
	if a.v1 {
		// No times, as in Moka's sample.
		body = fmt.Sprintf(`{"applicationId":%d,"name":"%d","stageName":"x","stageType":%d}`, r.id, r.content, stage)
		return moka.Item{ID: r.id, ApplicationIDs: []int64{r.id}, Body: []byte(body)}
	}
	return moka.Item{ID: r.id, ApplicationIDs: []int64{r.id}, UpdatedAt: r.updated, Body: []byte(body)}
}

func (a *account) begin() (moka.Page, error) {
	a.calls++
	p := moka.Page{Began: a.clock.Now(), Date: a.now().Truncate(time.Second), Sorted: true}
	if a.fail != nil {
		if err := a.fail(a.calls); err != nil {
			return p, err
		}
	}
	return p, nil
}

func (a *account) Applications(_ context.Context, class moka.Class, q moka.ApplicationsQuery) (moka.Page, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if class == moka.ClassBackfill {
		a.history++
	}
	p, err := a.begin()
	if err != nil {
		return p, err
	}
	if a.v1 && !a.second {
		return p, &moka.Error{Kind: moka.KindInvalid}
	}
	if a.poison != 0 && slices.Contains(q.IDs, a.poison) {
		return p, &moka.Error{Kind: moka.KindRefused}
	}
	var all []*row
	for _, r := range a.rows {
		if r = a.shown(r); r == nil || a.hidden[r.id] {
			continue
		}
		if len(q.IDs) > 0 && !slices.Contains(q.IDs, r.id) {
			continue
		}
		if len(q.IDs) == 0 && (r.updated.Before(q.UpdatedFrom) || !q.UpdatedUntil.IsZero() && r.updated.After(q.UpdatedUntil)) {
			continue
		}
		all = append(all, r)
	}
	slices.SortFunc(all, func(x, y *row) int { return cmp.Or(x.updated.Compare(y.updated), cmp.Compare(x.id, y.id)) })
	if a.backward {
		slices.Reverse(all)
	}
	if len(q.IDs) > 0 {
		a.byID++
	}
	if q.Next != "" && a.expired {
		return p, &moka.Error{Kind: moka.KindInvalid, Message: "unknown next"}
	}
	if q.Next != "" {
		at, id := untoken(q.Next)
		all = slices.DeleteFunc(all, func(r *row) bool {
			if a.backward {
				return r.updated.After(at) || r.updated.Equal(at) && r.id >= id
			}
			return r.updated.Before(at) || r.updated.Equal(at) && r.id <= id
		})
	}
	size := a.pageSize
	if len(q.IDs) > 0 {
		size = moka.MaxApplications
	}
	for _, r := range all[:min(size, len(all))] {
		p.Items = append(p.Items, a.item(r))
	}
	if len(all) > size {
		last := all[size-1]
		p.Next = token(last.updated, last.id)
	}
	if len(q.IDs) == 0 {
		a.asked += len(p.Items)
	}
	if a.v1 && len(p.Items) == 0 {
		return p, &moka.Error{Kind: moka.KindTransient}
	}
	if a.circle {
		p.Next = "the same"
	}
	if a.onPage != nil {
		a.onPage()
	}
	return p, nil
}

func token(at time.Time, id int64) string {
	return base64.StdEncoding.EncodeToString([]byte(strconv.FormatInt(at.UnixMilli(), 10) + "/" + strconv.FormatInt(id, 10)))
}

func untoken(s string) (time.Time, int64) {
	raw, _ := base64.StdEncoding.DecodeString(s)
	at, id, _ := strings.Cut(string(raw), "/")
	ms, _ := strconv.ParseInt(at, 10, 64)
	n, _ := strconv.ParseInt(id, 10, 64)
	return time.UnixMilli(ms).UTC(), n
}

func (a *account) ApplicationsV1(ctx context.Context, class moka.Class, q moka.ApplicationsV1Query) (moka.Page, error) {
	a.mu.Lock()
	hidden := a.hidden
	a.hidden, a.second = map[int64]bool{}, true
	a.mu.Unlock()
	defer func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.hidden, a.second = hidden, false
	}()
	return a.Applications(ctx, class, moka.ApplicationsQuery{IDs: q.IDs, UpdatedFrom: q.MovedFrom, Next: q.Next})
}

// MovedApplications shows rows by when they were moved, and repeats its next on an
// empty page.
func (a *account) MovedApplications(_ context.Context, _ moka.Class, q moka.MovedQuery) (moka.Page, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	p, err := a.begin()
	text, last, _ := strings.Cut(q.Next, "_")
	from, _ := time.Parse(time.RFC3339, text)
	id, _ := strconv.ParseInt(last, 10, 64)
	p.Next = q.Next
	var all []*row
	for _, r := range a.rows {
		if r.moved.After(from) || r.moved.Equal(from) && r.id > id {
			all = append(all, r)
		}
	}
	slices.SortFunc(all, func(x, y *row) int { return cmp.Or(x.moved.Compare(y.moved), cmp.Compare(x.id, y.id)) })
	for _, r := range all[:min(a.pageSize, len(all))] {
		item := a.item(r)
		item.MovedAt = r.moved
		p.Items = append(p.Items, item)
		p.Next = r.moved.Format(time.RFC3339) + "_" + strconv.FormatInt(r.id, 10)
	}
	return p, err
}

func (a *account) Headcounts(_ context.Context, _ moka.Class, q moka.FeedQuery) (moka.Page, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	p, err := a.begin()
	if a.forbidden {
		return p, &moka.Error{Kind: moka.KindAuth}
	}
	for id, at := range a.hcs {
		if !at.Before(q.From.Truncate(24 * time.Hour)) {
			p.Items = append(p.Items, moka.Item{ID: id, UpdatedAt: at, Body: fmt.Appendf(nil, `{"id":%d,"updatedAt":%q}`, id, at.Format(time.RFC3339))})
		}
	}
	slices.SortFunc(p.Items, func(x, y moka.Item) int { return x.UpdatedAt.Compare(y.UpdatedAt) })
	return p, err
}

func (a *account) Headcount(_ context.Context, _ moka.Class, id int64) (moka.Item, time.Time, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	p, err := a.begin()
	a.hcCalls++
	if id == a.poison && err == nil {
		err = &moka.Error{Kind: cmp.Or(a.poisoned, moka.KindTransient)}
	}
	if a.onDetail != nil {
		defer a.onDetail()
	}
	at, ok := a.hcs[id]
	if !ok && err == nil {
		err = &moka.Error{Kind: cmp.Or(a.nobody, moka.KindNotFound)}
	}
	return moka.Item{ID: id, UpdatedAt: at, Body: fmt.Appendf(nil, `{"id":%d,"jobName":"x","updatedAt":%q}`, id, at.Format(time.RFC3339))}, p.Began, err
}

func (a *account) MinimalHeadcounts(context.Context, moka.Class) (moka.Page, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	p, err := a.begin()
	for id := range a.hcs {
		if !a.unlisted[id] {
			p.Items = append(p.Items, moka.Item{ID: id, Body: []byte(`{}`)})
		}
	}
	return p, err
}

func (a *account) Interviews(context.Context, moka.Class, moka.InterviewsQuery) (moka.Page, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	p, err := a.begin()
	for id, at := range a.interviews {
		p.Items = append(p.Items, moka.Item{ApplicationIDs: []int64{id}, Body: fmt.Appendf(nil,
			`{"groupId":"g%d","startTime":%d,"candidates":[{"applicationId":%d,"groupId":"g%d"}]}`, id, at.UnixMilli(), id, id)})
	}
	return p, err
}

func (a *account) InterviewerFeedbacks(context.Context, moka.Class, moka.FeedQuery) (moka.Page, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.begin()
}
