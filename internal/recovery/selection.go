package recovery

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// The headers of what was copied: where from, as topic/partition@offset, and by
// which copy.
const (
	CopiedFromHeader = "moka_copied_from"
	CopyHeader       = "moka_copy"
)

// Selection is what of a topic is copied.
type Selection struct {
	Topic string
	// From and Until bound the records by their times: from From on and before
	// Until, in milliseconds as Kafka has them.
	From, Until time.Time
	// Key and Application are alternatives, "" and 0 for any: records with this
	// key, or about this application, of whatever kind.
	Key         string
	Application int64
	// Type is that of events, whole or as the part that tells them apart:
	// com.moka.candidate.stage_moved.v1 or stage_moved; "" for any record.
	Type string
}

// Validate names every fault.
func (s Selection) Validate() error {
	var errs []error
	if !s.From.Before(s.Until) {
		errs = append(errs, fmt.Errorf("%s is not before %s", s.From.Format(time.RFC3339), s.Until.Format(time.RFC3339)))
	}
	if s.Key != "" && s.Application != 0 {
		errs = append(errs, errors.New("a key and an application exclude each other"))
	}
	return errors.Join(errs...)
}

// ID names the copy: the same selection has the same.
func (s Selection) ID() string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\x00%d\x00%d\x00%s\x00%d\x00%s",
		s.Topic, s.From.UnixMilli(), s.Until.UnixMilli(), s.Key, s.Application, s.Type))
	return hex.EncodeToString(sum[:6])
}

// takes tells whether the record is among what is selected.
func (s Selection) takes(rec *kgo.Record) bool {
	at := rec.Timestamp.UnixMilli()
	return at >= s.From.UnixMilli() && at < s.Until.UnixMilli() &&
		(s.Key == "" || string(rec.Key) == s.Key) &&
		(s.Application == 0 || about(string(rec.Key), s.Application)) &&
		(s.Type == "" || isType(rec, s.Type))
}

// about reads keys such as org:app:42 and org:app:42:offer.
func about(key string, application int64) bool {
	_, rest, ok := strings.Cut(key, ":app:")
	id, _, _ := strings.Cut(rest, ":")
	return ok && id == strconv.FormatInt(application, 10)
}

func isType(rec *kgo.Record, want string) bool {
	for _, h := range rec.Headers {
		if h.Key != "ce_type" {
			continue
		}
		have := string(h.Value)
		parts := strings.Split(have, ".") // com.moka.<entity>.<type>.v<n>
		return have == want || len(parts) == 5 && (parts[3] == want || parts[2]+"."+parts[3] == want)
	}
	return false
}

// place is where a record was copied from.
type place struct {
	topic     string
	partition int32
	offset    int64
}

func (p place) String() string { return fmt.Sprintf("%s/%d@%d", p.topic, p.partition, p.offset) }

// parsePlace reads what String wrote.
func parsePlace(text string) (p place, ok bool) {
	slash, at := strings.LastIndexByte(text, '/'), strings.LastIndexByte(text, '@')
	if slash < 1 || at < slash {
		return p, false
	}
	partition, err := strconv.ParseInt(text[slash+1:at], 10, 32)
	if err != nil || partition < 0 {
		return p, false
	}
	offset, err := strconv.ParseInt(text[at+1:], 10, 64)
	if err != nil || offset < 0 {
		return p, false
	}
	return place{text[:slash], int32(partition), offset}, true
}
