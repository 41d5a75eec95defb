package poll

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/mokafka/mokafka/internal/moka"
	"github.com/mokafka/mokafka/schemas"
)

// details reads whole headcounts, whose feed carries few of their fields. Which
// version of each was read is remembered in the index, so that a headcount whose
// details were still to be read at a crash is found again: the saved cursor of
// the feed stays behind those (hold).
type details struct {
	label   string
	rank    moka.Class
	channel schemas.Channel
	index   *Index
	queue   []int64
	// wanted is the version of each in the queue, zero where none is known.
	wanted   map[int64]time.Time
	underway time.Time // version of the one under way
	// tries is how often Moka refused each for what it is; refused are those that
	// are given up, until somebody was told.
	tries   map[int64]int
	refused []refusedDetail
}

// refusedDetail is a headcount whose details Moka does not give.
type refusedDetail struct {
	id      int64
	version time.Time
	why     error
}

func newDetails(label string, class moka.Class, channel schemas.Channel, x *Index) *details {
	return &details{label: label, rank: class, channel: channel, index: x, wanted: map[int64]time.Time{}, tries: map[int64]int{}}
}

func (d *details) name() string                    { return d.label }
func (d *details) class() moka.Class               { return d.rank }
func (d *details) due(time.Time) (time.Time, bool) { return time.Time{}, len(d.queue) > 0 }

// want puts a headcount on the list.
func (d *details) want(id int64, version time.Time) {
	known, queued := d.wanted[id]
	if !queued {
		d.queue = append(d.queue, id)
	}
	if version.IsZero() {
		version = known // what was told of it stays
	}
	d.wanted[id] = version
}

const detailPrefix = "detail|"

func detailKey(id int64) string { return detailPrefix + strconv.FormatInt(id, 10) }

func versionMark(t time.Time) uint64 {
	if t.IsZero() {
		return 1
	}
	return uint64(t.UnixMilli())
}

// unread lists those of a page whose details of that version were not read.
func (d *details) unread(page moka.Page) ([]moka.Item, error) {
	var items []moka.Item
	for _, item := range page.Items {
		mark, err := d.index.Print(detailKey(item.ID))
		if err != nil {
			return nil, err
		}
		if mark != versionMark(item.UpdatedAt) && item.ID > 0 {
			items = append(items, item)
		}
	}
	return items, nil
}

// hold is the oldest version whose details are still to be read; false for none.
func (d *details) hold() (time.Time, bool) {
	var oldest time.Time
	for _, at := range d.wanted {
		if !at.IsZero() && (oldest.IsZero() || at.Before(oldest)) {
			oldest = at
		}
	}
	return oldest, !oldest.IsZero()
}

func (d *details) begin(time.Time) call {
	id, rank := d.queue[0], d.rank
	d.underway = d.wanted[id]
	return func(ctx context.Context, api API) (answer, error) {
		item, began, err := api.Headcount(ctx, rank, id)
		if moka.KindOf(err) == moka.KindNotFound {
			return answer{page: moka.Page{Began: began}}, nil // the sweep sees to it
		}
		item.ID = id
		return answer{page: moka.Page{Items: []moka.Item{item}, Began: began}}, err
	}
}

func (d *details) done(_ time.Time, a answer) outcome {
	id, version := d.queue[0], d.underway
	return outcome{
		found: pageOf(a.page, endpointHeadcount, d.channel, true),
		notes: map[string]uint64{detailKey(id): versionMark(version)},
		then: func(*tally) {
			d.queue = d.queue[1:]
			if newer := d.wanted[id]; !newer.Equal(version) {
				d.queue = append(d.queue, id) // it changed during the call
				return
			}
			delete(d.wanted, id)
			delete(d.tries, id)
		},
	}
}

// failed puts the headcount at the end: another may be readable. One that Moka
// refuses for what it is, again and again, is given up until it changes: a feed's
// cursor and a backfill would wait for it for ever.
func (d *details) failed(_ time.Time, err error) {
	id := d.queue[0]
	if kind := moka.KindOf(err); kind == moka.KindRefused || kind == moka.KindInvalid {
		if d.tries[id]++; d.tries[id] >= stubborn {
			d.refused = append(d.refused, refusedDetail{id, d.wanted[id], err})
			d.queue = d.queue[1:]
			delete(d.wanted, id)
			delete(d.tries, id)
			return
		}
	}
	if len(d.queue) > 1 {
		d.queue = append(d.queue[1:], d.queue[0])
	}
}

// giveUp makes dead letters of details that Moka refuses, and has them not be
// asked for again before they change.
func (e *Engine) giveUp(ctx context.Context, f feed) error {
	d, ok := f.(*details)
	if !ok {
		return nil
	}
	for len(d.refused) > 0 {
		r, org, endpoint := d.refused[0], e.deps.OrgID, endpointHeadcount
		err := e.deps.Letters.Put(ctx, schemas.DeadLetter{
			Stage: schemas.DeadLetterStagePoll, ErrorClass: "refused",
			ErrorText: fmt.Sprintf("Moka does not give the details of headcount %d: %v", r.id, r.why),
			OrgID:     &org, Endpoint: &endpoint, ContentType: "application/json", Attempts: stubborn,
		})
		if err != nil {
			return fmt.Errorf("bury what Moka refuses: %w", err)
		}
		if err := e.deps.Index.Note(nil, map[string]uint64{detailKey(r.id): versionMark(r.version)}); err != nil {
			return err
		}
		d.refused = d.refused[1:]
	}
	return nil
}
