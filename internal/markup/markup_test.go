package markup_test

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/mokafka/mokafka/internal/markup"
)

func TestJSON(t *testing.T) {
	for in, want := range map[string]string{
		`<a/>`:           `""`,
		"<a>\n x \n</a>": `"x"`,
		"\ufeff<?xml version=\"1.0\" encoding=\"GBK\"?><!-- c --><a>x</a>\n<!-- d -->\n": `"x"`,
		`<a><b>1</b><C>2</C></a>`:                                         `{"b":"1","C":"2"}`,
		`<a><element>1</element><Element/></a>`:                           `["1",""]`,
		`<a><b>1</b><B>2</B><c/><b><d/></b></a>`:                          `{"b":["1","2",{"d":""}],"c":""}`,
		`<a> x <b/> y </a>`:                                               `{"b":"","#text":"x  y"}`,
		`<a><element>1</element>x</a>`:                                    `{"element":"1","#text":"x"}`,
		`<n:a xmlns:n='u"<'></n:a>`:                                       "malformed",
		`<n:a xmlns:n='u"' b = "&lt;"><n:b>1</n:b ></n:a >`:               `{"b":"1"}`,
		`<a>?x=1&y=2&amp;z=3&&;&lt&#x4e00;&#19968;&#0;&#xD800;&nbsp;</a>`: `"?x=1&y=2&z=3&&;&lt一一&#0;&#xD800;&nbsp;"`,
		`<a><![CDATA[<b>&amp;]]>]]&gt;<![CDATA[]]></a>`:                   `"<b>&amp;]]>"`,
		"<a>1\r\n2\r3</a>":                                                `"1\n2\n3"`,
		`<张三><ü/></张三>`:                                                   `{"ü":""}`,
		``:                                                                "malformed",
		`x`:                                                               "malformed",
		`<a>`:                                                             "malformed",
		`<a></b>`:                                                         "malformed",
		`<a></A>`:                                                         "malformed",
		`</a>`:                                                            "malformed",
		`<a/><b/>`:                                                        "malformed",
		`<a/>x`:                                                           "malformed",
		`<a b></a>`:                                                       "malformed",
		`<a b=c></a>`:                                                     "malformed",
		`<a b="c"d="e"/>`:                                                 "malformed",
		`<a b="<"/>`:                                                      "malformed",
		`<a b="c/>`:                                                       "malformed",
		"<a>\x00</a>":                                                     "malformed",
		"<a><![CDATA[\x01]]></a>":                                         "malformed",
		`<a><![CDATA[x</a>`:                                               "malformed",
		`<![CDATA[x]]>`:                                                   "malformed",
		`<a><!-- x </a>`:                                                  "malformed",
		`<?xml`:                                                           "malformed",
		`<1/>`:                                                            "malformed",
		`< a/>`:                                                           "malformed",
		`<!DOCTYPE a><a/>`:                                                "dtd",
		`<a><!ELEMENT b ANY></a>`:                                         "dtd",
		`<!doctype a><a/>`:                                                "dtd",
		strings.Repeat("<a>", 65) + strings.Repeat("</a>", 65): "deep",
		`<a ` + strings.Repeat(`b="" `, 33) + `/>`:             "many",
		`<` + strings.Repeat("a", 257) + `/>`:                  "many",
	} {
		got, err := markup.JSON([]byte(in), nil)
		text := string(got)
		for name, known := range map[string]error{"malformed": markup.ErrMalformed, "dtd": markup.ErrDTD, "deep": markup.ErrTooDeep, "many": markup.ErrTooMany} {
			if errors.Is(err, known) {
				text = name
			}
		}
		if text != want {
			t.Errorf("%.80q gives %s, %v; want %s", in, text, err, want)
		}
	}
}

func TestNames(t *testing.T) {
	got, err := markup.JSON([]byte(`<a><b>1</b><C><b/></C></a>`), func(name string) string { return name + "'" })
	if err != nil || string(got) != `{"b'":"1","C'":{"b'":""}}` {
		t.Errorf("%s, %v", got, err)
	}
}

// TestHostile: what is made to cost much costs little.
func TestHostile(t *testing.T) {
	const size = 11 << 20
	fill := func(begin, piece, end string) []byte {
		return []byte(begin + strings.Repeat(piece, (size-len(begin)-len(end))/len(piece)) + end)
	}
	for name, c := range map[string]struct {
		text []byte
		err  error
	}{
		"billion laughs": {[]byte(`<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]><l>&b;</l>`), markup.ErrDTD},
		"external":       {[]byte(`<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>`), markup.ErrDTD},
		"deep":           {fill("", "<a>", ""), markup.ErrTooDeep},
		"many elements":  {fill("<a>", "<b/>", "</a>"), markup.ErrTooMany},
		"many comments":  {fill("<a>", "<!---->", "</a>"), markup.ErrTooMany},
		"attributes":     {fill("<a ", `b="" `, "/>"), markup.ErrTooMany},
		"long name":      {fill("<", "a", "/>"), markup.ErrTooMany},
		"ampersands":     {fill("<a>", "&", "</a>"), nil},
		"references":     {fill("<a>", "&#x4e00;", "</a>"), nil},
		"one comment":    {fill("<a><!--", "x", "--></a>"), nil},
		"cdata":          {fill("<a><![CDATA[", "<", "]]></a>"), nil},
		"no end":         {fill("<a><![CDATA[", "]]", ""), markup.ErrMalformed},
		"one attribute":  {fill(`<a b="`, "x", `"/>`), nil},
	} {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			start := time.Now()
			_, err := markup.JSON(c.text, nil)
			took := time.Since(start)
			runtime.ReadMemStats(&after)
			if !errors.Is(err, c.err) || c.err == nil && err != nil {
				t.Errorf("%v, want %v", err, c.err)
			}
			if used := after.TotalAlloc - before.TotalAlloc; used > 12*size || took > 20*time.Second {
				t.Errorf("it took %d bytes and %s", used, took)
			}
		})
	}
}

// FuzzJSON: whatever comes, the answer is JSON or a known error; and what the
// standard library's parser reads as well-formed gives the same texts.
func FuzzJSON(f *testing.F) {
	for _, seed := range []string{
		`<a><b c="d">x</b><element/>&amp;&x;<![CDATA[y]]></a>`, `<!DOCTYPE a><a/>`, `<a><a><a/></a></a>`,
		"\ufeff<?xml version=\"1.0\"?><n:a xmlns:n='x'><!-- --></n:a>", "<a>\xff</a>", "<a>&#x41;&#0;\r\n</a>",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		out, err := markup.JSON(text, nil)
		if err != nil {
			for _, known := range []error{markup.ErrMalformed, markup.ErrDTD, markup.ErrTooDeep, markup.ErrTooMany} {
				if errors.Is(err, known) {
					return
				}
			}
			t.Fatal(err)
		}
		if !json.Valid(out) || len(out) > 3*len(text)+64 {
			t.Fatalf("%q gives %q", text, out)
		}
		theirs, ok := strict(text)
		if !ok || !utf8.Valid(text) {
			return
		}
		var ours strings.Builder
		s := markup.NewScanner(text)
		for {
			token, err := s.Next()
			if err != nil {
				t.Fatal(err)
			}
			if token.Kind == markup.EOF {
				break
			}
			if token.Kind == markup.Start {
				ours.WriteString("<" + token.Name + ">")
			}
			ours.WriteString(token.Text)
		}
		if d := cmp.Diff(theirs, ours.String()); d != "" {
			t.Fatalf("%q (-encoding/xml +ours):\n%s", text, d)
		}
	})
}

// strict is the tags and texts that encoding/xml reads; ok is false where it
// reads none, or reads what it should not.
func strict(text []byte) (string, bool) {
	var out strings.Builder
	d := xml.NewDecoder(strings.NewReader(strings.TrimPrefix(string(text), "\ufeff")))
	depth := 0
	for {
		token, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			return out.String(), true
		}
		if err != nil {
			return "", false
		}
		switch token := token.(type) {
		case xml.StartElement:
			depth++
			out.WriteString("<" + token.Name.Local + ">")
		case xml.EndElement:
			depth--
		case xml.CharData:
			if depth > 0 {
				out.Write(token)
			}
		}
	}
}
