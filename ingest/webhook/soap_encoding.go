package webhook

import (
	"bytes"
	"errors"
	"mime"
	"regexp"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// errEncoding says that text is not in the encoding that it says it is in, or in
// one that is not taken.
var errEncoding = errors.New("the text is not in the encoding that is declared, or in one that is not taken")

// Encodings that are taken: UTF-8, and GBK with its smaller and larger sisters,
// all of which GB18030 reads.
const (
	encodingUTF8 = "utf-8"
	encodingGBK  = "gbk"
)

// xmlDeclaration finds the encoding in the declaration that XML may begin with.
var xmlDeclaration = regexp.MustCompile(`^<\?xml\s[^>]{0,200}?\bencoding\s*=\s*["']([A-Za-z0-9._:-]{1,40})["']`)

// decodeXML returns the text in UTF-8. What its Content-Type and its XML
// declaration say of the encoding must be the same where both say it, and must
// be true: text that would come out as other characters than were meant is
// refused, since nobody would notice. Nothing declared is UTF-8.
//
// Almost any bytes are GBK, so UTF-8 that is declared as GBK has to be told by
// what is unlikely in GBK: that all of it is valid UTF-8, with a character of
// three bytes among it, as Chinese ones are.
func decodeXML(sent []byte, contentType string) ([]byte, error) {
	body, marked := bytes.CutPrefix(sent, []byte("\ufeff"))
	encoding := ""
	if marked {
		encoding = encodingUTF8
	}
	charset := ""
	if _, params, err := mime.ParseMediaType(contentType); err == nil {
		charset = params["charset"]
	}
	inside := ""
	if m := xmlDeclaration.FindSubmatch(body[:min(len(body), 256)]); m != nil {
		inside = string(m[1])
	}
	for _, declared := range []string{charset, inside} {
		if declared == "" {
			continue
		}
		name, ok := encodingNamed(declared)
		if !ok || encoding != "" && encoding != name {
			return nil, errEncoding
		}
		encoding = name
	}
	valid := utf8.Valid(body)
	if encoding != encodingGBK {
		if !valid {
			return nil, errEncoding
		}
		return body, nil
	}
	if valid && bytes.ContainsFunc(body, func(r rune) bool { return r >= 0x800 }) {
		return nil, errEncoding
	}
	text, err := simplifiedchinese.GB18030.NewDecoder().Bytes(body)
	if err != nil || bytes.ContainsRune(text, utf8.RuneError) {
		return nil, errEncoding
	}
	return text, nil
}

func encodingNamed(declared string) (name string, ok bool) {
	switch strings.ToLower(declared) {
	case "utf-8", "utf8", "us-ascii", "ascii":
		return encodingUTF8, true
	case "gbk", "gb2312", "gb18030", "gb_2312-80", "cp936", "ms936", "windows-936", "x-gbk":
		return encodingGBK, true
	default:
		return "", false
	}
}
