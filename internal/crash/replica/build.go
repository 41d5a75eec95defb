package replica

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

const command = "./cmd/mokafka"

// Build builds the program of the module that the working directory is in, into
// dir, and returns its path.
func Build(ctx context.Context, dir string) (string, error) {
	root, err := moduleRoot(ctx)
	if err != nil {
		return "", err
	}
	return build(ctx, root, dir)
}

func moduleRoot(ctx context.Context) (string, error) {
	root, err := run(ctx, "", "go", "list", "-m", "-f", "{{.Dir}}")
	if err != nil {
		return "", fmt.Errorf("find the module: %w", err)
	}
	return strings.TrimSpace(root), nil
}

// BuildWith builds the program with other texts in place of some of its files, named
// from the module's root: a release with a mistake in it. change gets a file's text.
func BuildWith(ctx context.Context, dir string, changes map[string]func(string) string) (string, error) {
	root, err := moduleRoot(ctx)
	if err != nil {
		return "", err
	}
	overlay := struct{ Replace map[string]string }{map[string]string{}}
	for name, change := range changes {
		text, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			return "", fmt.Errorf("build with another %s: %w", name, err)
		}
		other := change(string(text))
		if other == string(text) {
			return "", fmt.Errorf("build with another %s: it is the same", name)
		}
		path := filepath.Join(dir, strings.ReplaceAll(name, "/", "-"))
		if err := os.WriteFile(path, []byte(other), 0o600); err != nil {
			return "", fmt.Errorf("build with another %s: %w", name, err)
		}
		overlay.Replace[filepath.Join(root, name)] = path
	}
	text, err := json.Marshal(overlay)
	if err != nil {
		return "", fmt.Errorf("write the overlay: %w", err)
	}
	list := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(list, text, 0o600); err != nil {
		return "", fmt.Errorf("write the overlay: %w", err)
	}
	return build(ctx, root, dir, "-overlay", list)
}

func build(ctx context.Context, root, dir string, flags ...string) (string, error) {
	path := filepath.Join(dir, "mokafka")
	// Without the paths, releases share what they have in common in the build cache.
	args := append([]string{"build", "-trimpath", "-o", path}, flags...)
	if _, err := run(ctx, root, "go", append(args, command)...); err != nil {
		return "", fmt.Errorf("build mokafka: %w", err)
	}
	return path, nil
}

// Release is the program of a commit.
type Release struct {
	Path   string
	Commit string
}

// ErrNoHistory says that there is no git, no repository, or no commit before this
// one: a shallow clone has none.
var ErrNoHistory = errors.New("no earlier commit is at hand")

// BuildAt builds the program of a git ref, into dir. The working tree is left as it
// is.
func BuildAt(ctx context.Context, ref, dir string) (Release, error) {
	commit, err := run(ctx, "", "git", "rev-parse", "--verify", "--quiet", "--end-of-options", ref+"^{commit}")
	if err != nil {
		return Release{}, fmt.Errorf("%s: %w: %w", ref, ErrNoHistory, err)
	}
	r := Release{Commit: strings.TrimSpace(commit)}
	source := filepath.Join(dir, "source-"+r.Commit[:12])
	if err := unpack(ctx, r.Commit, source); err != nil {
		return r, fmt.Errorf("unpack %s: %w", ref, err)
	}
	into := filepath.Join(dir, r.Commit[:12])
	if err := os.MkdirAll(into, 0o750); err != nil {
		return r, fmt.Errorf("build %s: %w", ref, err)
	}
	if r.Path, err = build(ctx, source, into); err != nil {
		return r, fmt.Errorf("of %s: %w", ref, err)
	}
	return r, nil
}

// tries is how many commits BuildPrevious goes back: one that does not build was
// never released.
const tries = 8

// BuildPrevious builds the program of the last commit before HEAD that touches Go
// code and builds.
func BuildPrevious(ctx context.Context, dir string) (Release, error) {
	root, err := run(ctx, "", "git", "rev-parse", "--show-toplevel")
	if err != nil {
		return Release{}, fmt.Errorf("%w: %w", ErrNoHistory, err)
	}
	list, err := run(ctx, strings.TrimSpace(root), "git", "log", "-n", fmt.Sprint(tries), "--format=%H", "HEAD~1", "--", "*.go", "go.mod")
	commits := strings.Fields(list)
	if err != nil || len(commits) == 0 {
		return Release{}, fmt.Errorf("%w: a shallow clone? Fetch more of it, or name a ref: %w", ErrNoHistory, err)
	}
	var errs []error
	for _, commit := range commits {
		r, err := BuildAt(ctx, commit, dir)
		if err == nil {
			return r, nil
		}
		errs = append(errs, err)
	}
	return Release{}, fmt.Errorf("none of the last %d commits builds: %w", len(commits), errors.Join(errs...))
}

// unpack writes the files of a commit below dir.
func unpack(ctx context.Context, commit, dir string) error {
	root, err := run(ctx, "", "git", "rev-parse", "--show-toplevel")
	if err != nil {
		return err
	}
	packed, err := run(ctx, strings.TrimSpace(root), "git", "archive", "--format=tar", commit)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return err
	}
	// Nothing that the archive names leads out of it.
	into, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer func() { _ = into.Close() }()
	files := tar.NewReader(strings.NewReader(packed))
	for {
		head, err := files.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read the archive: %w", err)
		}
		if head.Typeflag != tar.TypeReg {
			continue
		}
		if err := into.MkdirAll(filepath.Dir(head.Name), 0o750); err != nil {
			return err
		}
		text, err := io.ReadAll(files)
		if err != nil {
			return fmt.Errorf("read %s: %w", head.Name, err)
		}
		if err := into.WriteFile(head.Name, text, 0o600); err != nil {
			return err
		}
	}
}

// run runs a command in dir, "" for the working directory, and returns its output.
func run(ctx context.Context, dir, name string, args ...string) (string, error) {
	var out, complaint bytes.Buffer
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &out, &complaint
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("%s %s: %w: %s", name, args[0], err, strings.TrimSpace(complaint.String()))
	}
	return out.String(), nil
}
