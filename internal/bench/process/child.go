package process

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

const readyWord = "ready"

// Child is the child's side.
type Child struct {
	out   io.Writer
	lines chan string
}

// errParentGone is why a child ends.
var errParentGone = errors.New("the standard input has ended")

// Serve runs f as a child that listens to in and speaks on out. The context f
// gets is done when in ends. An error that only says so is none.
func Serve(ctx context.Context, in io.Reader, out io.Writer, f func(context.Context, *Child) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	c := &Child{out: out, lines: make(chan string, 64)}
	go func() {
		defer cancel(errParentGone)
		scanner := bufio.NewScanner(in)
		for scanner.Scan() {
			select {
			case c.lines <- scanner.Text():
			case <-ctx.Done():
				return
			}
		}
	}()
	if err := f(ctx, c); err != nil && !errors.Is(err, errParentGone) {
		return err
	}
	return nil
}

// Ready tells the parent that the work is being done; detail may be "".
func (c *Child) Ready(detail string) error {
	line := readyWord
	if detail != "" {
		line += " " + detail
	}
	if _, err := fmt.Fprintln(c.out, line); err != nil {
		return fmt.Errorf("say ready: %w", err)
	}
	return nil
}

// Say tells the parent a value, as JSON.
func (c *Child) Say(value any) error {
	if err := json.NewEncoder(c.out).Encode(value); err != nil {
		return fmt.Errorf("say a result: %w", err)
	}
	return nil
}

// Told returns the next line of the parent.
func (c *Child) Told(ctx context.Context) (string, error) {
	select {
	case line := <-c.lines:
		return line, nil
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
}
