package api

import (
	"bytes"
	"cmp"
	"net"
	"net/http"
	"strconv"
	"time"
)

const (
	pieces      = 20
	defaultSlow = 10 * time.Second
	gatewayPage = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
	failure     = `{"code":-1,"success":false,"msg":"系统异常"}`
)

// failBefore does the faults that come before the effect; it reports whether
// there was one.
func (s *Server) failBefore(w http.ResponseWriter, c *call) bool {
	switch f := c.fault; f.Kind {
	case FaultError:
		write(w, answer{cmp.Or(f.Status, http.StatusInternalServerError), mediaJSON, []byte(cmp.Or(f.Body, failure))})
	case FaultUnauthorized:
		write(w, denied(unknownKey))
	case FaultHang:
		s.hang(c)
	case FaultReset:
		reset(w)
	case FaultQuota:
		s.refuse(w, cmp.Or(f.Form, s.limits.read().Refusal), f.RetryAfter)
	default:
		return false
	}
	return true
}

// deliver answers, or does the faults that come after the effect.
func (s *Server) deliver(w http.ResponseWriter, c *call, a answer) {
	switch f := c.fault; f.Kind {
	case FaultErrorAfter:
		write(w, answer{cmp.Or(f.Status, http.StatusInternalServerError), mediaJSON, []byte(cmp.Or(f.Body, failure))})
	case FaultHangAfter:
		s.hang(c)
	case FaultResetAfter:
		reset(w)
	case FaultTruncated:
		write(w, answer{a.status, a.media, a.body[:len(a.body)/2]})
	case FaultCut:
		cut(w, a)
	case FaultHTML:
		write(w, answer{cmp.Or(f.Status, http.StatusOK), mediaHTML, []byte(cmp.Or(f.Body, gatewayPage))})
	case FaultEndless:
		s.endless(w, c)
	case FaultSlow:
		s.slow(w, c, a)
	case FaultDuplicateRows:
		write(w, answer{a.status, a.media, twice(a.body)})
	case FaultSameNext:
		write(w, answer{a.status, a.media, sameNext(a.body, c)})
	default:
		write(w, a)
	}
}

// hang says nothing until the caller hangs up, then ends the connection.
func (s *Server) hang(c *call) {
	s.sleep(c.request.Context(), cmp.Or(time.Duration(c.fault.For), s.cfg.Hold))
	panic(http.ErrAbortHandler)
}

// reset ends the connection with a TCP reset, or as hard as w can.
func reset(w http.ResponseWriter) {
	if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
		if tcp, ok := conn.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0) // only matters for how it ends
		}
		_ = conn.Close()
		return
	}
	panic(http.ErrAbortHandler)
}

// cut promises the whole body and sends half of it.
func cut(w http.ResponseWriter, a answer) {
	w.Header().Set("Content-Type", a.media)
	w.Header().Set("Content-Length", strconv.Itoa(len(a.body)))
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body[:len(a.body)/2])
	_ = http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}

// endless sends rows until the caller hangs up.
func (s *Server) endless(w http.ResponseWriter, c *call) {
	end := s.deps.Clock.Now().Add(cmp.Or(time.Duration(c.fault.For), s.cfg.Hold))
	w.Header().Set("Content-Type", mediaJSON)
	w.WriteHeader(http.StatusOK)
	row := bytes.Repeat([]byte(`{"id":1,"updatedAt":"2026-01-01T00:00:00.000Z"},`), 1_000)
	_, err := w.Write([]byte(`{"data":[`))
	for err == nil && c.request.Context().Err() == nil && s.deps.Clock.Now().Before(end) {
		_, err = w.Write(row)
	}
	panic(http.ErrAbortHandler)
}

// slow sends the body in pieces.
func (s *Server) slow(w http.ResponseWriter, c *call, a answer) {
	pause := cmp.Or(time.Duration(c.fault.For), defaultSlow) / pieces
	w.Header().Set("Content-Type", a.media)
	w.Header().Set("Content-Length", strconv.Itoa(len(a.body)))
	w.WriteHeader(a.status)
	sent := 0
	for n := 1; n <= pieces; n++ {
		upTo := len(a.body) * n / pieces
		_, err := w.Write(a.body[sent:upTo])
		_ = http.NewResponseController(w).Flush()
		if sent = upTo; err != nil || n < pieces && !s.sleep(c.request.Context(), pause) {
			panic(http.ErrAbortHandler)
		}
	}
}
