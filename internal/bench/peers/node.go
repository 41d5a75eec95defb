package peers

import (
	"bytes"
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/mokafka/mokafka/internal/bench/sample"
)

//go:embed node/package.json node/package-lock.json node/server.js
var nodeFiles embed.FS

// Node is the service written for Node.js, ready to be started.
type Node struct {
	// Version of Node.js.
	Version string
	dir     string
}

// InstallNode puts the service and what it needs into dir, unless it is there
// already. It fails where Node.js or npm is missing, or npm can't have the
// packages of the lock file.
func InstallNode(ctx context.Context, dir string) (*Node, error) {
	version, err := exec.CommandContext(ctx, "node", "--version").Output()
	if err != nil {
		return nil, fmt.Errorf("node is not there: %w", err)
	}
	n := &Node{Version: strings.TrimSpace(string(version)), dir: dir}
	changed, err := n.write()
	if err != nil {
		return nil, fmt.Errorf("put the Node service into %s: %w", dir, err)
	}
	if !changed {
		return n, nil
	}
	npm := exec.CommandContext(ctx, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
	npm.Dir = dir
	if out, err := npm.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("npm ci: %w: %s", err, bytes.TrimSpace(out))
	}
	return n, os.WriteFile(filepath.Join(dir, installed), nil, 0o600)
}

// installed marks a directory in which npm came to its end.
const installed = ".installed"

// write writes the files, and tells whether npm has to be asked.
func (n *Node) write() (changed bool, err error) {
	if err := os.MkdirAll(n.dir, 0o750); err != nil {
		return false, err
	}
	if _, err := os.Stat(filepath.Join(n.dir, installed)); err != nil {
		changed = true
	}
	files, err := fs.ReadDir(nodeFiles, "node")
	if err != nil {
		return false, err
	}
	for _, f := range files {
		want, err := fs.ReadFile(nodeFiles, "node/"+f.Name())
		if err != nil {
			return false, err
		}
		path := filepath.Join(n.dir, f.Name())
		if got, err := os.ReadFile(path); err == nil && bytes.Equal(got, want) {
			continue
		}
		if f.Name() == "package-lock.json" {
			changed = true
		}
		if err := os.WriteFile(path, want, 0o600); err != nil {
			return false, err
		}
	}
	if changed {
		err = os.Remove(filepath.Join(n.dir, installed))
		if errors.Is(err, fs.ErrNotExist) {
			err = nil
		}
	}
	return changed, err
}

// Command is the service, to be started as a child. Its environment is that of
// this process and its settings.
func (n *Node) Command(ctx context.Context, broker, topic string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "node", "server.js")
	cmd.Dir = n.dir
	cmd.Env = append(cmd.Environ(), "NODE_ENV=production",
		"BROKERS="+broker, "TOPIC="+topic, "SIGNING_KEY="+sample.SigningKey, "SCHEMA_ID=1")
	return cmd
}
