package schemastest

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// load reads the state kept at path; one that is not there is empty.
func load(path string) (*state, error) {
	s := newState()
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	if err != nil {
		return s, err
	}
	if err := json.Unmarshal(b, s); err != nil {
		return s, fmt.Errorf("it is damaged, remove it to begin anew: %w", err)
	}
	if err := s.whole(); err != nil {
		return s, err
	}
	for i, sc := range s.Schemas {
		s.Schemas[i] = sc.identify()
	}
	return s, nil
}

// whole checks what the rest of the package takes for granted of a state.
func (s *state) whole() error {
	if !s.Compatibility.known() || s.Subjects == nil {
		return errors.New("it is damaged, remove it to begin anew: it is not a registry's state")
	}
	for name, sub := range s.Subjects {
		if sub == nil {
			return fmt.Errorf("it is damaged, remove it to begin anew: subject %q is null", name)
		}
		for i, v := range sub.Versions {
			if v.ID < 1 || v.ID > len(s.Schemas) || i > 0 && v.Number <= sub.Versions[i-1].Number {
				return fmt.Errorf("it is damaged, remove it to begin anew: version %d of subject %q", v.Number, name)
			}
		}
	}
	return nil
}

// save replaces the file at path in one step: whoever reads it, also after a
// crash, finds the old state or the new one.
func save(path string, s *state) (err error) {
	b, err := json.MarshalIndent(s, "", " ")
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*.tmp")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	_, err = f.Write(b)
	if err == nil {
		err = f.Sync()
	}
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	return err
}
