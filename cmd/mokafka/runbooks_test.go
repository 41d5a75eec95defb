package main

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

// commandLines are those of a runbook, or any page: lines of code that begin with
// mokafka, and code in a line that does. What stands for something, such as <time>,
// is a value.
func commandLines(page string) []string {
	inline := regexp.MustCompile("`(mokafka [^`]*)`")
	var lines []string
	var fenced bool
	for line := range strings.Lines(page) {
		text := strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(text, "```"):
			fenced = !fenced
		case fenced || strings.HasPrefix(line, "    "):
			text = strings.TrimPrefix(text, "$ ")
			if strings.HasPrefix(text, "mokafka ") {
				lines = append(lines, text)
			}
		default:
			for _, found := range inline.FindAllStringSubmatch(strings.TrimRight(line, "\n"), -1) {
				lines = append(lines, found[1])
			}
		}
	}
	return lines
}

// words are those of a command line, up to what a shell takes for itself. Quotes
// hold words together.
func words(line string) []string {
	var all []string
	var word strings.Builder
	var quote rune
	begun := false
	end := func() {
		if begun {
			all = append(all, word.String())
		}
		word.Reset()
		begun = false
	}
	for _, r := range line {
		switch {
		case quote != 0:
			if r == quote {
				quote = 0
				continue
			}
			word.WriteRune(r)
		case r == '\'' || r == '"':
			quote, begun = r, true
		case r == ' ':
			end()
		case r == '|' || r == '#' && !begun || r == '&':
			end()
			return all
		default:
			begun = true
			word.WriteRune(r)
		}
	}
	end()
	return all
}

// TestCommandLinesOfRunbooksParse: what a runbook has people type exists, with its
// flags and the kinds of their values.
func TestCommandLinesOfRunbooksParse(t *testing.T) {
	found := 0
	pages := os.DirFS("../../deploy/runbooks")
	err := fs.WalkDir(pages, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".md") {
			return err
		}
		text, err := fs.ReadFile(pages, path)
		if err != nil {
			return err
		}
		for _, line := range commandLines(string(text)) {
			found++
			if err := parses(line); err != nil {
				t.Errorf("%s: %s: %v", path, line, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if found < 20 {
		t.Errorf("only %d command lines were found", found)
	}
}

// parses tells what is wrong with a command line, without carrying it out.
func parses(line string) error {
	p := &program{stdin: strings.NewReader(""), stdout: io.Discard, stderr: io.Discard}
	placeholder := regexp.MustCompile(`<[a-z -]+>`)
	cmd, args, err := p.root().Find(words(placeholder.ReplaceAllString(line, "1"))[1:])
	if err != nil {
		return err
	}
	if err := cmd.ParseFlags(args); errors.Is(err, pflag.ErrHelp) {
		return nil
	} else if err != nil {
		return err
	}
	if cmd.Args == nil {
		return nil
	}
	return cmd.Args(cmd, cmd.Flags().Args())
}

func TestCommandLinesAreFoundAndJudged(t *testing.T) {
	page := "Type `mokafka topics apply --dry-run`, or\n\n    mokafka tail dlq --exit-at-end | less  # all\n\n```\n$ mokafka dlq list --key 'demo:app:1'\nno dead letters\n```\nnot mokafka alone\n"
	lines := commandLines(page)
	if len(lines) != 3 {
		t.Fatalf("found %q", lines)
	}
	for _, line := range lines {
		if err := parses(line); err != nil {
			t.Errorf("%s: %v", line, err)
		}
	}
	for _, line := range []string{
		"mokafka topics mend", "mokafka topics apply --no-such-flag", "mokafka dlq list --limit many", "mokafka topics apply too much",
	} {
		if parses(line) == nil {
			t.Errorf("%s was taken", line)
		}
	}
}
