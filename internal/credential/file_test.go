package credential_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/mokafka/mokafka/internal/credential"
)

// clock is set by hand.
type clock struct{ now time.Time }

func (c *clock) Now() time.Time { return c.now }

func (c *clock) pass(d time.Duration) { c.now = c.now.Add(d) }

// write puts text into a file, as secrets are replaced: by another one.
func write(t *testing.T, path, text string) {
	t.Helper()
	next := path + ".next"
	if err := os.WriteFile(next, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(next, path); err != nil {
		t.Fatal(err)
	}
}

func TestFileIsReadAgainWhenItChanges(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key")
	write(t, path, "one\n")
	c := &clock{now: time.Unix(1e9, 0)}
	var log bytes.Buffer
	file := credential.NewFile(path, "one", func(text string) (string, error) {
		if text == "" {
			return "", errors.New("it is empty")
		}
		return text, nil
	}, c.Now, zerolog.New(&log))
	want := func(value string) {
		t.Helper()
		if got := file.Value(); got != value {
			t.Errorf("%q is in force, want %q", got, value)
		}
	}
	want("one")
	write(t, path, "two\n")
	want("one") // it was looked at a moment ago
	c.pass(credential.CheckEvery)
	want("two")

	// Of the same length, and as old: a comparison of times and sizes misses it.
	at := time.Unix(1e9, 0)
	write(t, path, "six\n")
	if err := os.Chtimes(path, at, at); err != nil {
		t.Fatal(err)
	}
	c.pass(credential.CheckEvery)
	want("six")

	for _, spoil := range []func(){func() { write(t, path, "\n") }, func() { _ = os.Remove(path) }} {
		spoil()
		log.Reset()
		for range 3 {
			c.pass(credential.CheckEvery)
			want("six")
		}
		if lines := strings.Count(log.String(), "\n"); lines > 1 {
			t.Errorf("%d lines about one fault:\n%s", lines, log.String())
		}
	}
	if strings.Contains(log.String(), "six") || !strings.Contains(log.String(), "no such file") {
		t.Errorf("the log: %s", log.String())
	}
	write(t, path, "seven")
	c.pass(credential.CheckEvery)
	want("seven")
}

func TestText(t *testing.T) {
	dir := t.TempDir()
	good, empty := filepath.Join(dir, "good"), filepath.Join(dir, "empty")
	write(t, good, " with a space \r\n")
	write(t, empty, "\n")
	for _, c := range []struct {
		text  credential.Text
		want  string
		fault string
	}{
		{credential.Text{Given: "x\n"}, "x\n", ""},
		{credential.Text{Given: "x", Path: good}, " with a space ", ""},
		{credential.Text{Path: empty}, "", "is empty"},
		{credential.Text{Path: filepath.Join(dir, "none")}, "", "cannot read"},
		{credential.Text{Path: dir}, "", "cannot read"},
	} {
		got, err := c.text.Value()
		if got != c.want || (err == nil) != (c.fault == "") || err != nil && !strings.Contains(err.Error(), c.fault) {
			t.Errorf("%+v: %q, %v", c.text, got, err)
		}
	}
	text := credential.Text{Path: good}
	write(t, good, "another")
	if got, err := text.Value(); err != nil || got != "another" {
		t.Errorf("after a change: %q, %v", got, err)
	}
}

func TestList(t *testing.T) {
	got := credential.List("first key\r\n second,third\n\n")
	if want := []string{"first key", "second", "third"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
