package resources

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/mokafka/mokafka/internal/mokasim/company"
	"github.com/mokafka/mokafka/internal/mokasim/payload"
)

// reading is a View at work: it draws the quirks of one answer.
type reading struct {
	View
	rng *rand.Rand
}

func (v View) reading() *reading {
	return &reading{View: v, rng: rand.New(rand.NewPCG(v.Number, 0x717569726b))}
}

func (r *reading) quirk() bool { return r.Quirks.Share > 0 && r.rng.Float64() < r.Quirks.Share }

// id is a number, now and then as text; null for 0.
func (r *reading) id(id int64) any {
	switch {
	case id == 0:
		return nil
	case r.quirk():
		return strconv.FormatInt(id, 10)
	default:
		return id
	}
}

// list is an array, one element now and then as itself ("if it is a single piece
// of data, it returns an object").
func (r *reading) list(all []object) any {
	if len(all) == 1 && r.quirk() {
		return all[0]
	}
	if all == nil {
		return []object{}
	}
	return all
}

// asText is a value now and then as JSON text, as lists are in some v2 answers.
func (r *reading) asText(value any) any {
	if !r.quirk() {
		return value
	}
	return jsonText(value)
}

func jsonText(value any) string {
	text, err := payload.Stringify(value)
	if err != nil {
		panic("resources: a list of numbers cannot be written: " + err.Error())
	}
	return string(text)
}

// signed is a link that is another one at each reading, dead after a time.
func (r *reading) signed(what string, id int64, valid time.Duration) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s/%d/%d/%d", what, id, r.Now.UnixNano(), r.Number))
	return fmt.Sprintf("https://cdn.moka.example/%s-%d.pdf?Expires=%d&OSSAccessKeyId=SIMULATED&Signature=%s&timestamp=%d",
		what, id, r.Now.Add(valid).Unix(), url.QueryEscape(base64.StdEncoding.EncodeToString(sum[:20])), r.Now.UnixMilli())
}

// token is a link's access token, another one at each reading.
func (r *reading) token(what string, id int64) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s/%d/%d/%d", what, id, r.Now.UnixNano(), r.Number))
	return hex.EncodeToString(sum[:])
}

// digest is an opaque id that stays the same.
func digest(what string, id int64) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s/%d", what, id))
	return hex.EncodeToString(sum[:])
}

// visible reports whether feeds by time show what was last updated then.
func (v View) visible(id int64, updated time.Time) bool {
	if v.Quirks.VisibleAfter <= 0 {
		return true
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%d/%d", id, updated.UnixNano()))
	share := float64(sum[0])/256 + float64(sum[1])/65536
	return !updated.Add(time.Duration(share * float64(v.Quirks.VisibleAfter))).After(v.Now)
}

func (v View) shows(app *company.Application) bool { return v.visible(app.ID, app.UpdatedAt) }

// refusal in the shape {"code":…,"msg":…}, with HTTP 200 as Moka's gateways do.
func refused(code int, message string) Answer {
	return Answer{http.StatusOK, object{{"code", code}, {"msg", message}}}
}

const (
	missingParameter = 100005 // 参数异常, by the documented table
	wrongParameter   = 300400 // 参数错误
)

// within is a page size: the default for none, never above the most.
func within(limit, absent, most int) int {
	switch {
	case limit <= 0:
		return absent
	default:
		return min(limit, most)
	}
}
