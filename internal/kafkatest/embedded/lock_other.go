//go:build !unix

package embedded

import (
	"errors"
	"fmt"
)

// dirLock exists only where two processes can be kept from sharing a directory.
type dirLock struct{}

func lockDir(dir string) (*dirLock, error) {
	return nil, fmt.Errorf("lock the data directory %s: %w on this system; leave the directory out to keep everything in memory", dir, errors.ErrUnsupported)
}

func (*dirLock) release() error { return nil }
