package webhook

import (
	"net/http"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"
)

// answer is what Moka is told. Its JSON satisfies both forms that Moka
// documents: pushCandidate looks at the status, and shows msg when that is not
// 2xx; the interview events want code 0 for success, msg and data.
type answer struct {
	status int
	// code is 0 for success; else the status and two digits that tell apart
	// what shares it.
	code int
	// label names it in metrics.
	label string
	// msg is for the person in HR who pressed the button in Moka.
	msg string
	// retryAfter is in seconds; 0 leaves the header out.
	retryAfter int
}

// The answers. Retry-After is short where the trouble is ours and passes soon.
var (
	answerAccepted = answer{http.StatusOK, 0, "accepted", "接收成功", 0}

	answerNotJSON = answer{http.StatusUnprocessableEntity, 42201, "unreadable",
		"推送的内容无法识别（不是有效的 JSON 对象）。内容已留存，请联系系统管理员处理。", 0}
	answerNoEvent = answer{http.StatusUnprocessableEntity, 42202, "unreadable",
		"推送的内容缺少有效的事件类型（event）。内容已留存，请联系系统管理员处理。", 0}
	answerNoApplication = answer{http.StatusUnprocessableEntity, 42203, "unreadable",
		"推送的内容缺少申请编号（applicationId）。内容已留存，请联系系统管理员处理。", 0}
	answerTooManyApplications = answer{http.StatusUnprocessableEntity, 42204, "unreadable",
		"一次推送包含的申请过多（最多 " + strconv.Itoa(MaxApplications) + " 个）。内容已留存，请分批推送或联系系统管理员处理。", 0}
	answerUndecryptable = answer{http.StatusUnprocessableEntity, 42205, "unreadable",
		"推送的数据无法解密。内容已留存，请联系系统管理员核对加密密钥的配置。", 0}

	answerNotXML = answer{http.StatusUnprocessableEntity, 42206, "unreadable",
		"推送的内容无法识别（不是有效的 XML）。内容已留存，请联系系统管理员处理。", 0}
	answerNotSOAP = answer{http.StatusUnprocessableEntity, 42207, "unreadable",
		"推送的内容无法识别（不是带有候选人数据的 SOAP 请求 pushCandidate）。内容已留存，请联系系统管理员处理。", 0}
	answerDTD = answer{http.StatusUnprocessableEntity, 42208, "unreadable",
		"推送的 XML 含有文档类型声明（DTD），出于安全考虑不予处理。内容已留存，请联系系统管理员处理。", 0}
	answerTooComplex = answer{http.StatusUnprocessableEntity, 42209, "unreadable",
		"推送的 XML 嵌套过深或元素过多，无法处理。内容已留存，请联系系统管理员处理。", 0}
	answerEncoding = answer{http.StatusUnprocessableEntity, 42210, "unreadable",
		"推送的 XML 的字符编码与声明不符，或不受支持（支持 UTF-8 和 GBK）。内容已留存，请联系系统管理员处理。", 0}
	answerNotUnderstood = answer{http.StatusUnprocessableEntity, 42211, "unreadable",
		"推送的 SOAP 请求含有必须理解而无法处理的报头（mustUnderstand）。内容已留存，请联系系统管理员处理。", 0}
	answerNoCandidate = answer{http.StatusUnprocessableEntity, 42212, "unreadable",
		"推送的内容缺少有效的候选人编号（id）。内容已留存，请联系系统管理员处理。", 0}

	answerNotForm = answer{http.StatusBadRequest, 40002, "not_form",
		"推送的内容不是有效的表单（payload、access_key、tonce、signature 各一项），未被接收。请联系系统管理员。", 0}
	answerStale = answer{http.StatusUnauthorized, 40102, "stale",
		"推送的时间戳（tonce）已过期或超前，未被接收。请重试；如多次失败，请联系系统管理员核对服务器时间。", 0}
	answerReplayed = answer{http.StatusConflict, 40901, "replayed",
		"此次推送已经接收，重复的请求未被接收。", 0}

	answerUnsigned = answer{http.StatusUnauthorized, 40101, "unsigned",
		"签名校验失败，推送未被接收。请联系系统管理员核对签名密钥的配置。", 0}
	answerSource = answer{http.StatusForbidden, 40301, "source",
		"推送的来源地址不在允许的范围内，推送未被接收。请联系系统管理员核对允许的网段（WEBHOOK_ALLOW_NETWORKS）。", 0}
	answerNotFound = answer{http.StatusNotFound, 40401, "not_found",
		"地址有误，推送未被接收。请联系系统管理员核对推送地址（" + RESTPath + "）。", 0}
	answerMethod = answer{http.StatusMethodNotAllowed, 40501, "method",
		"此地址正常，仅用于接收 Moka 以 POST 方式推送的数据，不能用浏览器直接访问。" +
			"This is where Moka's webhooks arrive; it takes signed POST requests only.", 0}
	answerTimeout = answer{http.StatusRequestTimeout, 40801, "timeout",
		"推送的内容没有及时传完，未被接收。请重试。", 0}
	answerCutOff = answer{http.StatusBadRequest, 40001, "cut_off",
		"推送的内容在传输中断开，未被接收。请重试。", 0}
	answerTooLarge = answer{http.StatusRequestEntityTooLarge, 41301, "too_large",
		"推送的内容过大，未被接收。请联系系统管理员。", 0}
	answerTooLargeToKeep = answer{http.StatusRequestEntityTooLarge, 41302, "unreadable",
		"推送的内容过大，无法处理。内容已留存，请联系系统管理员处理。", 0}
	answerBusy = answer{http.StatusTooManyRequests, 42901, "busy",
		"系统繁忙，推送未被接收。请稍后重试。", 1}
	answerUnavailable = answer{http.StatusServiceUnavailable, 50301, "unavailable",
		"系统暂时无法保存推送的数据，推送未被接收。请稍后重试；如多次失败，请联系系统管理员。", 5}
	answerFailed = answer{http.StatusInternalServerError, 50001, "failed",
		"系统出现错误，推送未被接收。请联系系统管理员。", 0}
)

// write sends the answer. data and redirect are JSON objects, or nil for none;
// a success always has data. Nobody is left to hear of a failed write.
func (a answer) write(w http.ResponseWriter, data, redirect []byte) {
	body := strconv.AppendInt([]byte(`{"code":`), int64(a.code), 10)
	body = append(body, `,"msg":`...)
	body = appendText(body, a.msg)
	if data != nil {
		body = append(append(body, `,"data":`...), data...)
	}
	if redirect != nil {
		body = append(append(body, `,"redirectUrl":`...), redirect...)
	}
	a.send(w, append(body, '}'))
}

// send sends a body in JSON.
func (a answer) send(w http.ResponseWriter, body []byte) {
	h := w.Header()
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("X-Content-Type-Options", "nosniff")
	if a.retryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(a.retryAfter))
	}
	w.WriteHeader(a.status)
	_, _ = w.Write(body)
}

// acceptedData tells what was taken: the push's id, event and applications.
func acceptedData(p *push) []byte {
	data := appendText([]byte(`{"id":`), p.ID)
	data = append(data, `,"event":`...)
	data = appendText(data, p.Event)
	data = append(data, `,"applicationIds":[`...)
	for i, id := range p.Applications {
		if i > 0 {
			data = append(data, ',')
		}
		data = strconv.AppendInt(data, id, 10)
	}
	return append(data, "]}"...)
}

// appendText appends s as a JSON string. The error is of invalid UTF-8 alone,
// which is replaced.
func appendText(dst []byte, s string) []byte {
	dst, _ = jsontext.AppendQuote(dst, s)
	return dst
}
