//go:build unix

package embedded

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// dirLock holds a data directory for this process. kfake itself would let two
// write the same files. The system drops the lock when the process ends, however
// it ends. A nil dirLock holds nothing.
type dirLock struct{ f *os.File }

func lockDir(dir string) (*dirLock, error) {
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the data directory's lock: %w", err)
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		err = errors.New("another process is using it")
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("lock the data directory %s: %w", dir, err), f.Close())
	}
	return &dirLock{f}, nil
}

// release frees the directory. The file stays: removing it would let a process
// that waits for the old file and one that makes a new file both believe they
// hold the directory.
func (l *dirLock) release() error {
	if l == nil {
		return nil
	}
	return l.f.Close()
}
