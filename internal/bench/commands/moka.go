package commands

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// standIn is as much of Moka as commands to move need.
type standIn struct {
	latency time.Duration
	want    int // writes
	url     string
	server  *http.Server
	done    chan struct{} // closed with the last write
	served  sync.WaitGroup

	mu          sync.Mutex
	stages      map[int64]int64
	writes      int
	first, last time.Time
}

// firstStage is where all applications are; commands move them to the two behind
// it in turn.
const firstStage = 1

func startMoka(ctx context.Context, latency time.Duration, want int) (*standIn, error) {
	m := &standIn{latency: latency, want: want, done: make(chan struct{}), stages: map[int64]int64{}}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen for a stand-in of Moka: %w", err)
	}
	m.url = "http://" + listener.Addr().String()
	m.server = &http.Server{Handler: m, ReadHeaderTimeout: 10 * time.Second}
	m.served.Go(func() { _ = m.server.Serve(listener) }) // stop ends it
	return m, nil
}

func (m *standIn) stop() {
	_ = m.server.Close()
	m.served.Wait()
}

// rate is how many writes a second there were.
func (m *standIn) rate(ctx context.Context) (float64, error) {
	select {
	case <-m.done:
	case <-ctx.Done():
		m.mu.Lock()
		defer m.mu.Unlock()
		return 0, errors.Join(fmt.Errorf("%d of %d commands were carried out", m.writes, m.want), context.Cause(ctx))
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return float64(m.writes) / m.last.Sub(m.first).Seconds(), nil
}

// ServeHTTP answers after the latency.
func (m *standIn) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	m.mu.Lock()
	if m.first.IsZero() {
		m.first = time.Now()
	}
	m.mu.Unlock()
	if m.latency > 0 {
		<-time.After(m.latency)
	}
	w.Header().Set("Content-Type", "application/json")
	switch {
	case strings.HasSuffix(r.URL.Path, "/move_application_stage"):
		m.move(w, r)
	case strings.HasSuffix(r.URL.Path, "/ehrApplications"):
		m.show(w, r)
	case strings.HasSuffix(r.URL.Path, "/job_stages"):
		fmt.Fprint(w, `[{"id":1,"name":"初筛"},{"id":2,"name":"面试"},{"id":3,"name":"沟通offer"}]`)
	default:
		http.NotFound(w, r)
	}
}

func (m *standIn) move(w http.ResponseWriter, r *http.Request) {
	app, err := strconv.ParseInt(r.URL.Query().Get("applicationId"), 10, 64)
	stage, stageErr := strconv.ParseInt(r.URL.Query().Get("stageId"), 10, 64)
	if errors.Join(err, stageErr) != nil {
		http.Error(w, "no such application", http.StatusBadRequest)
		return
	}
	fmt.Fprint(w, `{"code":0,"msg":"Success"}`)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.stages[app] = stage
	m.writes++
	if m.last = time.Now(); m.writes == m.want {
		close(m.done)
	}
}

func (m *standIn) show(w http.ResponseWriter, r *http.Request) {
	var asked struct {
		IDs []json.Number `json:"applicationIds"`
	}
	if err := json.NewDecoder(r.Body).Decode(&asked); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	var items []string
	m.mu.Lock()
	for _, number := range asked.IDs {
		id, _ := number.Int64()
		items = append(items, fmt.Sprintf(`{"basicInfo":{"applicationId":%d,"candidateId":%d,"archived":false,`+
			`"stage":{"id":%d,"name":"面试","type":201}},"jobInfo":{"id":"job"}}`, id, id, max(firstStage, m.stages[id])))
	}
	m.mu.Unlock()
	fmt.Fprintf(w, `{"code":200,"msg":"success","data":[%s]}`, strings.Join(items, ","))
}
