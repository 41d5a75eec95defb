package moka

import (
	"bytes"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Moka's words for what its codes do not tell. The first three were seen, the
// fourth is what people report of refusals by quota.
const (
	unknownAuth   = "无法识别的认证信息"
	unknownKey    = "系统中不存在该apiKey"
	unknownPath   = "您访问的页面不存在"
	tooManyCalls  = "请求频率过快"
	statusTooMany = 600 // besides 429
)

// serverTrouble are texts that speak of Moka, not of the request.
var serverTrouble = []string{"服务器异常", "系统异常", "系统繁忙", "服务异常", "超时"}

// documentedRefusals are texts with which Moka documents refusals that have no
// code.
var documentedRefusals = []string{"已归档", "has been archived", "参数错误", "Parameter error", "状态错误", "StatusError"}

// judge decides what an answer to an attempt means: nil where it was done.
func judge(e endpoint, status int, header http.Header, body []byte, now time.Time) (answer, *Error) {
	a, unread := parse(body)
	ok := status >= 200 && status <= 299
	if ok && says[e.done](a) {
		return a, nil
	}
	var kind Kind
	var err error
	switch {
	case overQuota(status, a):
		kind = KindQuota
	case unauthorized(status, a):
		kind = KindAuth
	case ok:
		kind, err = e.notDone(a, unread)
	default:
		kind, err = e.status(status, a)
	}
	return a, &Error{
		Kind: kind, Endpoint: e.name, Status: status, Code: redact(a.code), Message: redact(a.message),
		RetryAfter: retryAfter(header, now), Err: err,
	}
}

// mentions reports whether the answer's message has the words, or where it has
// none, because it is no JSON, the answer itself.
func (a answer) mentions(words string) bool {
	const page = 4 << 10
	return strings.Contains(a.message, words) || !a.readable && len(a.body) < page && bytes.Contains(a.body, []byte(words))
}

// overQuota knows the refusals for the number of calls.
func overQuota(status int, a answer) bool {
	return tooMany(status) || a.code == "600" || a.mentions(tooManyCalls)
}

func tooMany(status int) bool { return status == http.StatusTooManyRequests || status == statusTooMany }

// unauthorized knows the refusals for who asks: by words, by codes (no such
// client, of getToken; signed out; sign-in invalid; account expired), by status.
func unauthorized(status int, a answer) bool {
	switch {
	case a.mentions(unknownAuth), a.mentions(unknownKey):
		return true
	case a.code == "110020", a.code == "100001", a.code == "100002", a.code == "100004":
		return true
	default:
		return status == http.StatusUnauthorized || status == http.StatusForbidden && !businessCode(a.code)
	}
}

// notDone is the kind of a 2xx that does not say in the endpoint's shape that it
// was done.
func (e endpoint) notDone(a answer, unread error) (Kind, error) {
	switch {
	case errors.Is(unread, errCutOff):
		return e.unclear(KindTransient), unread
	case unread != nil:
		return e.unclear(KindProtocol), unread
	case !a.faultless():
		return e.refusal(a), nil
	case e == headcountDetail && a.headcount.kind() == 'n':
		return KindNotFound, nil
	default:
		return e.unclear(KindProtocol), errors.New("success in another shape than documented")
	}
}

// unclear is the kind of a failure that leaves open what happened.
func (e endpoint) unclear(ofRead Kind) Kind {
	if e.write {
		return KindAmbiguous
	}
	return ofRead
}

// refusal is the kind of an answer that names the reason of its failure.
func (e endpoint) refusal(a answer) Kind {
	switch {
	case troubleCode(a.code) || !businessCode(a.code) && hasAny(a.message, serverTrouble):
		return e.unclear(KindTransient)
	case a.code == "100005" || a.code == "300400": // 参数异常, 参数错误
		return KindInvalid
	case !e.write && (a.code == "201058" || a.code == "300501" || a.code == "300515"): // no such candidate or application
		return KindNotFound
	default:
		return KindRefused
	}
}

// status is the kind of an answer by its HTTP status, which is not 2xx.
func (e endpoint) status(status int, a answer) (Kind, error) {
	switch {
	case status >= 500 || status == http.StatusRequestTimeout || status == http.StatusTooEarly:
		// Moka answers 500 to whatever it dislikes: a code of its table or a text that
		// it documents is a refusal, anything else may be a failure half-way.
		if businessCode(a.code) || a.code == "" && !a.faultless() && hasAny(a.message, documentedRefusals) {
			return e.refusal(a), nil
		}
		return e.unclear(KindTransient), nil
	case status == http.StatusNotFound && a.mentions(unknownPath):
		return KindProtocol, errors.New("no such path: check MOKA_BASE_URL, and whether the account has this interface")
	case status == http.StatusNotFound:
		return KindNotFound, nil
	case status >= 400:
		if !a.faultless() {
			if kind := e.refusal(a); kind != KindRefused || e.write {
				return kind, nil
			}
		}
		return KindInvalid, nil
	default:
		return e.unclear(KindProtocol), errors.New("a redirect or the like, which Moka does not document: it was not followed")
	}
}

// troubleCode knows the codes that speak of Moka's own trouble: its generic
// failure, what looks like an HTTP status, and calls between its services.
func troubleCode(code string) bool {
	n, err := strconv.Atoi(code)
	return err == nil && (n == -1 || n >= 500 && n <= 599 || n == 300500 || n == 221020 || n == 300800)
}

// businessCode knows codes like those of Moka's table, six digits or more, but
// for its own trouble.
func businessCode(code string) bool {
	n, err := strconv.Atoi(code)
	return err == nil && n >= 100_000 && !troubleCode(code)
}

// hasAny reports whether a message has one of several texts.
func hasAny(message string, texts []string) bool {
	for _, text := range texts {
		if strings.Contains(message, text) {
			return true
		}
	}
	return false
}

// longestPause bounds what Moka may ask for.
const longestPause = time.Hour

// retryAfter reads the header of that name: seconds, or a date.
func retryAfter(header http.Header, now time.Time) time.Duration {
	text := strings.TrimSpace(header.Get("Retry-After"))
	if text == "" {
		return 0
	}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return time.Duration(min(max(n, 0), int64(longestPause/time.Second))) * time.Second
	}
	if at, err := http.ParseTime(text); err == nil {
		return min(max(at.Sub(now), 0), longestPause)
	}
	return 0
}
