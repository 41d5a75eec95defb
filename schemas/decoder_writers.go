package schemas

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/twmb/avro"
	"golang.org/x/sync/singleflight"
)

const (
	// fetchTimeout bounds the fetching of one schema with all it refers to. It
	// goes on when the caller who began it gives up: others may wait for it.
	fetchTimeout = time.Minute
	// refusalTTL is how long a refusal is remembered. Values with an id that does
	// not exist would otherwise ask the registry for each of them.
	refusalTTL = 10 * time.Second
	// maxWriters bounds the schemas kept, and the refusals.
	maxWriters = 1000
)

// writer is a schema that values were written with. It is not changed once it is
// in the cache.
type writer struct {
	id     int
	schema *avro.Schema
	shape  *shape
	// record is the short name of this build's record for it; empty for none.
	record string
	// resolved reads what schema wrote as this build's record. unusable says why
	// it cannot be.
	resolved *avro.Schema
	unusable error
}

// writerCache keeps writers by id.
type writerCache struct {
	source   SchemaSource
	complete func(*writer) // fills in what depends on this build
	now      func() time.Time
	flight   singleflight.Group

	mu       sync.RWMutex
	writers  map[int]*writer
	refusals map[int]refused
}

type refused struct {
	err   error
	until time.Time
}

func newWriterCache(source SchemaSource) *writerCache {
	return &writerCache{source: source, now: time.Now, writers: map[int]*writer{}, refusals: map[int]refused{}}
}

// get returns the writer with that id, fetching it if it is not there.
func (c *writerCache) get(ctx context.Context, id int) (*writer, error) {
	if w, known, err := c.remembered(id); known {
		return w, err
	}
	result := c.flight.DoChan(strconv.Itoa(id), func() (any, error) {
		// The flight before this one may have ended since.
		if w, known, err := c.remembered(id); known {
			return w, err
		}
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), fetchTimeout)
		defer cancel()
		return c.fetch(ctx, id)
	})
	select {
	case <-ctx.Done():
		return nil, fmt.Errorf("wait for schema %d: %w", id, context.Cause(ctx))
	case res := <-result:
		if res.Err != nil {
			return nil, res.Err
		}
		w, _ := res.Val.(*writer)
		return w, nil
	}
}

// remembered is what is known of an id without asking.
func (c *writerCache) remembered(id int) (w *writer, known bool, err error) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if w, known := c.writers[id]; known {
		return w, true, nil
	}
	if r, bad := c.refusals[id]; bad && c.now().Before(r.until) {
		return nil, true, r.err
	}
	return nil, false, nil
}

// fetch asks the source, and remembers the answer unless it is that there is none.
func (c *writerCache) fetch(ctx context.Context, id int) (*writer, error) {
	w, err := c.ask(ctx, id)
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case err == nil:
		makeRoom(c.writers)
		c.writers[id] = w
		delete(c.refusals, id)
	case !errors.Is(err, ErrRegistryUnavailable) && ctx.Err() == nil:
		makeRoom(c.refusals)
		c.refusals[id] = refused{err, c.now().Add(refusalTTL)}
	}
	return w, err
}

func (c *writerCache) ask(ctx context.Context, id int) (*writer, error) {
	registered, err := c.source.Fetch(ctx, id)
	if err != nil {
		return nil, err
	}
	schema, err := registered.parse()
	if err != nil {
		return nil, fmt.Errorf("schema %d: %w: %w", id, ErrUnusableSchema, err)
	}
	s, err := shapeOf(schema)
	if err != nil {
		return nil, fmt.Errorf("schema %d: %w: %w", id, ErrUnusableSchema, err)
	}
	w := &writer{id: id, schema: schema, shape: s}
	c.complete(w)
	return w, nil
}

// makeRoom drops any one entry of a full map.
func makeRoom[T any](m map[int]T) {
	if len(m) < maxWriters {
		return
	}
	for id := range m {
		delete(m, id)
		return
	}
}
