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

// judge decides what an answer to an attempt means: nil where it was done.
func judge(e endpoint, status int, header http.Header, body []byte, now time.Time) (answer, *Error) {
	a, err := parse(body)
	fail := func(kind Kind, err error) (answer, *Error) {
		return a, &Error{
			Kind: kind, Endpoint: e.name, Status: status, Code: redact(a.code), Message: redact(a.message),
			RetryAfter: retryAfter(header, now), Err: err,
		}
	}
	said := func(words string) bool {
		return strings.Contains(a.message, words) || !a.readable && len(body) < 4096 && bytes.Contains(body, []byte(words))
	}
	ok := status >= 200 && status <= 299
	if ok && a.succeeded(e.done) {
		return a, nil
	}
	switch {
	case status == http.StatusTooManyRequests, status == statusTooMany, a.code == "600", said(tooManyCalls):
		return fail(KindQuota, nil)
	case said(unknownAuth), said(unknownKey), authCode(a.code), status == http.StatusUnauthorized,
		status == http.StatusForbidden && !businessCode(a.code):
		return fail(KindAuth, nil)
	case status == http.StatusNotFound && said(unknownPath):
		return fail(KindProtocol, errors.New("no such path: check MOKA_BASE_URL, and whether the account has this interface"))
	case ok && !a.readable:
		if errors.Is(err, errCutOff) {
			return fail(e.unclear(KindTransient), err)
		}
		return fail(e.unclear(KindProtocol), err)
	case ok && e.done == saysHeadcount && !e.write && a.headcount != nil && a.headcount.none():
		return fail(KindNotFound, nil)
	case ok && !a.gaveReason():
		return fail(e.unclear(KindProtocol), errors.New("success in another shape than documented"))
	case ok:
		return fail(e.refusal(a), nil)
	default:
		kind, err := e.status(status, a)
		return fail(kind, err)
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
	case troubleCode(a.code) || !businessCode(a.code) && troubled(a.message):
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
		// Moka answers 500 to whatever it dislikes: a code from its table is a
		// refusal, anything else may be a failure half-way.
		if businessCode(a.code) {
			return e.refusal(a), nil
		}
		return e.unclear(KindTransient), nil
	case status == http.StatusNotFound:
		return KindNotFound, nil
	case status >= 400:
		if a.readable && a.gaveReason() {
			if kind := e.refusal(a); kind != KindRefused || e.write {
				return kind, nil
			}
		}
		return KindInvalid, nil
	default:
		return e.unclear(KindProtocol), errors.New("a redirect or the like, which Moka does not document: it was not followed")
	}
}

// authCode knows the codes that speak of who asks: no such client (of getToken),
// signed out, sign-in invalid, account expired.
func authCode(code string) bool {
	return code == "110020" || code == "100001" || code == "100002" || code == "100004"
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

func troubled(message string) bool {
	for _, words := range serverTrouble {
		if strings.Contains(message, words) {
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
