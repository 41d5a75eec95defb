package normalize_test

import (
	"fmt"
	"math/big"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mokafka/mokafka/ingest/normalize"
	"github.com/mokafka/mokafka/schemas"
)

func at(t *testing.T, text string) *time.Time {
	t.Helper()
	parsed, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		t.Fatal(err)
	}
	parsed = parsed.UTC()
	return &parsed
}

func TestTimes(t *testing.T) {
	for in, want := range map[string]string{
		`"2018-08-03T10:25:12.000Z"`:      "2018-08-03T10:25:12Z",
		`"2018-4-23T09:10:26.000Z"`:       "2018-04-23T09:10:26Z",
		`"2018-4-3T9:10:26.5Z"`:           "2018-04-03T09:10:26.5Z",
		`"2018-04-23T09:10:26.123999Z"`:   "2018-04-23T09:10:26.123Z",
		`"2018-04-23T09:10:26+08:00"`:     "2018-04-23T01:10:26Z",
		`"2018-04-23T09:10:26.000-0330"`:  "2018-04-23T12:40:26Z",
		`"2020-04-15 00:00:00"`:           "2020-04-14T16:00:00Z", // no zone: Beijing
		`" 2019-06-26 21:37 "`:            "2019-06-26T13:37:00Z",
		`"2020-04-15T01:02:03"`:           "2020-04-14T17:02:03Z",
		`"2020-02-29"`:                    "2020-02-28T16:00:00Z",
		`1505296287`:                      "2017-09-13T09:51:27Z", // seconds
		`"1505296287"`:                    "2017-09-13T09:51:27Z",
		`1597391796747`:                   "2020-08-14T07:56:36.747Z", // milliseconds
		`1597391796747.0`:                 "2020-08-14T07:56:36.747Z",
		`5000000000`:                      "1970-02-27T20:53:20Z",
		`"0001-01-01T00:00:00Z"`:          "0001-01-01T00:00:00Z",
		`"2019"`:                          "",
		`"2019-06"`:                       "",
		`"2019-02-29"`:                    "",
		`"2019-13-01"`:                    "",
		`"2019-06-26T25:00:00Z"`:          "",
		`"2019-06-26T21:37:60Z"`:          "",
		`"2019-06-26T21:37:00.Z"`:         "",
		`"2019-06-26T21:37:00Zulu"`:       "",
		`"2019-06-26T21"`:                 "",
		`"2019-06-26T21:37:00+8"`:         "",
		`"0001-01-01T00:00:00+08:00"`:     "", // the year before
		`"9999-12-31T23:59:59-08:00"`:     "", // the year after
		`20180503`:                        "",
		`0`:                               "",
		`1505296287.5`:                    "",
		`150529628700000000`:              "",
		`true`:                            "",
		`{"date":"2019-06-26T21:37:00Z"}`: "",
		`"明天"`:                            "",
	} {
		c := push(t, `"created_at":`+in)
		if want == "" {
			if _, kept := c.Extra["created_at"]; c.CreatedAt != nil || !kept {
				t.Errorf("%s was read as %v, extra %v", in, c.CreatedAt, c.Extra)
			}
			continue
		}
		if d := cmp.Diff(at(t, want), c.CreatedAt); d != "" || c.Extra != nil {
			t.Errorf("%s (-want +got):\n%s%v", in, d, c.Extra)
		}
	}
}

func TestDates(t *testing.T) {
	for in, want := range map[string]string{
		`"1990-03-07"`:               "1990-03-07",
		`"2018-5-3"`:                 "2018-05-03",
		`"2018-5-3 23:59:59"`:        "2018-05-03",
		`"2020-03-17T00:00:00.000Z"`: "2020-03-17", // 08:00 in Beijing
		`"2021-06-17T16:00:00.000Z"`: "2021-06-18", // midnight there
		`"2021-06-17T15:59:59.000Z"`: "2021-06-17",
		`"1988-06-09T15:00:00.000Z"`: "1988-06-10", // midnight in the summer time of 1988
		`"2018-06-09T15:00:00.000Z"`: "2018-06-09", // 23:00, as there is none now
		`"1955-01-01T16:00:00.000Z"`: "1955-01-02",
		`1623945600000`:              "2021-06-18",
		`-473385600000`:              "1955-01-01", // 1955-01-01T00:00Z
		`"1990-03"`:                  "",
		`"1990-02-30"`:               "",
		`"0000-01-01"`:               "",
		`12`:                         "",
	} {
		c := push(t, `"birthDate":`+in)
		if want == "" {
			if _, kept := c.Extra["birthDate"]; c.BirthDate != nil || !kept {
				t.Errorf("%s was read as %v, extra %v", in, c.BirthDate, c.Extra)
			}
			continue
		}
		if d := cmp.Diff(at(t, want+"T00:00:00Z"), c.BirthDate); d != "" || c.Extra != nil {
			t.Errorf("%s (-want +got):\n%s%v", in, d, c.Extra)
		}
	}
}

// TestLocationIsASetting: times without a zone and days are in Options.Location;
// a date written as midnight UTC is that day anywhere.
func TestLocationIsASetting(t *testing.T) {
	e := entry("pushCandidate", 1, []byte(`{"data":{"applicationId":1,"created_at":"2020-04-15 00:00:00",
		"birthDate":"2020-03-17T00:00:00.000Z","graduateDate":"2021-06-17T03:00:00.000Z"}}`))
	all, err := normalize.Entry(e, normalize.Options{Location: time.FixedZone("west", -5*60*60)})
	if err != nil {
		t.Fatal(err)
	}
	c := all[0].Entity.(*schemas.Candidate)
	got := []*time.Time{c.CreatedAt, c.BirthDate, c.GraduationDate}
	want := []*time.Time{at(t, "2020-04-15T05:00:00Z"), at(t, "2020-03-17T00:00:00Z"), at(t, "2021-06-16T00:00:00Z")}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestDecimals(t *testing.T) {
	for in, want := range map[string]string{
		`8000`: "8000", `8000.5`: "8000.5", `"11"`: "11", `" 11.2500 "`: "11.25", `0`: "0", `-0.0001`: "-0.0001",
		`99999999999999.9999`: "99999999999999.9999", `1.50000`: "1.5",
		`100000000000000`: "", `0.00001`: "", `1e3`: "", `"8,000"`: "", `"+5"`: "", `"007"`: "", `"0x10"`: "", `"1."`: "",
		`"面议"`: "", `true`: "", `[8000]`: "",
	} {
		all := pushOf(t, `"offer":{"salaryNumber":`+in+`,"location":"x"}`)
		o := all[1].Entity.(*schemas.Offer)
		if want == "" {
			if _, kept := o.Extra["offer.salaryNumber"]; o.SalaryAmount != nil || !kept {
				t.Errorf("%s was read as %v, extra %v", in, o.SalaryAmount, o.Extra)
			}
			continue
		}
		exact, _ := new(big.Rat).SetString(want)
		if o.SalaryAmount == nil || o.SalaryAmount.Cmp(exact) != 0 || o.Extra != nil {
			t.Errorf("%s was read as %v, extra %v", in, o.SalaryAmount, o.Extra)
		}
	}
}

// TestScalars: what a key of the candidate becomes, and what goes to extra.
func TestScalars(t *testing.T) {
	for _, c := range []struct{ key, in, field, want, extra string }{
		{"name", `"张三"`, "Name", "张三", ""},
		{"name", `12`, "Name", "12", ""},
		{"name", `true`, "Name", "true", ""},
		{"name", `"a\u00e9\n\"\/"`, "Name", "aé\n\"/", ""},
		{"name", `"` + "\xff" + `x"`, "Name", "\uFFFDx", ""},
		{"name", `"\ud800x"`, "Name", "\uFFFDx", ""},
		{"name", `{"first":"三"}`, "Name", "", `{"first":"三"}`},
		{"name", `["张三"]`, "Name", "", `["张三"]`},
		{"birthYear", `"abc"`, "BirthYear", "", `"abc"`},
		{"birthYear", `1990`, "BirthYear", "1990", ""},
		{"birthYear", `" 1990 "`, "BirthYear", "1990", ""},
		{"birthYear", `1990.0`, "BirthYear", "1990", ""},
		{"birthYear", `1990.5`, "BirthYear", "", `1990.5`},
		{"birthYear", `2147483648`, "BirthYear", "", `2147483648`},
		{"birthYear", `true`, "BirthYear", "", `true`},
		{"experience", `-1`, "ExperienceYears", "-1", ""},
		{"experience", `"-1"`, "ExperienceYears", "-1", ""},
		{"experience", `"7年"`, "ExperienceYears", "", `"7年"`},
		{"archiveReasonId", `9007199254740993`, "ArchiveReasonID", "9007199254740993", ""},
		{"archiveReasonId", `"012"`, "ArchiveReasonID", "", `"012"`},
		{"archiveReasonId", `1e3`, "ArchiveReasonID", "", `1e3`},
		{"archived", `1`, "Archived", "true", ""},
		{"archived", `"是"`, "Archived", "true", ""},
		{"archived", `"TRUE"`, "Archived", "true", ""},
		{"archived", `false`, "Archived", "false", ""},
		{"archived", `"0"`, "Archived", "false", ""},
		{"archived", `2`, "Archived", "", `2`},
		{"archived", `"maybe"`, "Archived", "", `"maybe"`},
		{"gender", `" MALE "`, "Gender", "MALE", ""},
		{"gender", `"女"`, "Gender", "FEMALE", ""},
		{"gender", `"X"`, "Gender", "UNKNOWN", `"X"`},
		{"gender", `{}`, "Gender", "", ""},
		{"gender", `[1]`, "Gender", "UNKNOWN", `[1]`},
		{"certificateType", `"10"`, "IdentityDocumentType", "FOREIGNERS_RESIDENCE_PERMIT", ""},
		{"certificateType", `11`, "IdentityDocumentType", "UNKNOWN", `11`},
		{"hireMode", `2`, "HireMode", "CAMPUS", ""},
		{"married", `"已婚"`, "MaritalStatus", "MARRIED", ""},
		{"resumePdfMeta", `{"b": 1.50, "a": [ null ]}`, "ResumePdfMeta", `{"a":[null],"b":1.50}`, ""},
		{"resumePdfMeta", `"text"`, "ResumePdfMeta", `text`, ""},
	} {
		for _, in := range []string{c.in, "\n " + c.in + " "} {
			got := push(t, fmt.Sprintf("%q:%s", c.key, in))
			text := ""
			if v := reflect.ValueOf(got).Elem().FieldByName(c.field); !v.IsNil() {
				text = fmt.Sprint(v.Elem().Interface())
			}
			if text != c.want || got.Extra[c.key] != c.extra {
				t.Errorf("%s %s gives %q, extra %q; want %q, extra %q", c.key, c.in, text, got.Extra[c.key], c.want, c.extra)
			}
		}
	}
}
