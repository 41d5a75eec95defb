package credential

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/rs/zerolog"
)

// largest is more than any secret has; what is larger is some other file.
const largest = 1 << 20

// CheckEvery is how often at most a File is looked at.
const CheckEvery = 10 * time.Second

// Text is a secret that is given, or stands in a file.
type Text struct {
	// Given is the secret where Path is empty.
	Given string
	// Path of the file, read at every Value. Line ends at its end do not count.
	Path string
}

// Value is the secret as it is now. It fails where the file cannot be read, or is
// empty.
func (t Text) Value() (string, error) {
	if t.Path == "" {
		return t.Given, nil
	}
	content, err := read(t.Path)
	if err != nil {
		return "", err
	}
	text := strings.TrimRight(string(content), "\r\n")
	if text == "" {
		return "", fmt.Errorf("%s is empty", t.Path)
	}
	return text, nil
}

// List takes a secret's text apart where several are wanted: each line is one, and
// commas separate too.
func List(text string) []string {
	var all []string
	for one := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == '\n' || r == '\r' || r == ',' }) {
		all = append(all, strings.TrimSpace(one))
	}
	return all
}

// File is what a file holds, read again when it changes. Safe for concurrent use.
type File[T any] struct {
	path  string
	parse func(text string) (T, error)
	now   func() time.Time
	log   zerolog.Logger

	mu      sync.Mutex
	checked time.Time
	content []byte // that was read last, good or not
	value   T      // of the last that was good
	fault   string // that was logged last
}

// NewFile reads nothing yet: initial is in force until the file was found to hold
// something else, CheckEvery after now at the earliest. parse gets the text without
// the line ends at its end, and its errors must not repeat it.
func NewFile[T any](path string, initial T, parse func(text string) (T, error), now func() time.Time, log zerolog.Logger) *File[T] {
	return &File[T]{path: path, parse: parse, now: now, log: log, checked: now(), value: initial}
}

// Value is what the file held when it was last looked at. While it is missing or no
// good, the last good value stays, and a line in the log says so once.
func (f *File[T]) Value() T {
	f.mu.Lock()
	defer f.mu.Unlock()
	if now := f.now(); now.Sub(f.checked) >= CheckEvery {
		f.checked = now
		f.refresh()
	}
	return f.value
}

// refresh compares contents, not times: those of a file that was replaced within
// the clock's grain, or brought along from elsewhere, tell nothing.
func (f *File[T]) refresh() {
	content, err := read(f.path)
	if err == nil {
		if f.content != nil && bytes.Equal(content, f.content) {
			return
		}
		first := f.content == nil
		f.content = content
		var value T
		if value, err = f.parse(strings.TrimRight(string(content), "\r\n")); err == nil {
			f.value, f.fault = value, ""
			if !first {
				f.log.Info().Str("file", f.path).Msg("a secret was read anew")
			}
			return
		}
		err = fmt.Errorf("%s is no good: %w", f.path, err)
	}
	if f.fault != err.Error() {
		f.fault = err.Error()
		f.log.Error().Err(err).Msg("the secret that was read before stays in force")
	}
}

// read reads a small file. The error says why in the system's words.
func read(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, unread(path, err)
	}
	defer func() { _ = file.Close() }() // it was only read
	content, err := io.ReadAll(io.LimitReader(file, largest+1))
	if err != nil {
		return nil, unread(path, err)
	}
	if len(content) > largest {
		return nil, fmt.Errorf("%s is larger than %d bytes", path, largest)
	}
	return content, nil
}

func unread(path string, err error) error {
	var of *os.PathError
	if errors.As(err, &of) {
		err = of.Err
	}
	return fmt.Errorf("cannot read %s: %w", path, err)
}
