package main

import (
	"errors"
	"strings"

	"github.com/rs/zerolog"

	"github.com/mokafka/mokafka/internal/credential"
	"github.com/mokafka/mokafka/internal/moka"
)

// mokaFiles are the files that workers read what they show to Moka from, again when
// it changes.
type mokaFiles struct {
	APIKey       string `env:"MOKA_API_KEY_FILE"`
	ClientSecret string `env:"MOKA_CLIENT_SECRET_FILE"`
}

// secret is what cfg was given at the start, or what the file holds by now; nil
// where there is no file.
func (f mokaFiles) secret(cfg moka.Config, now clock, log zerolog.Logger) func() string {
	path, initial := f.APIKey, cfg.APIKey
	if cfg.ClientID != "" {
		path, initial = f.ClientSecret, cfg.ClientSecret
	}
	if path == "" {
		return nil
	}
	return credential.NewFile(path, initial, func(text string) (string, error) {
		if text == "" || strings.ContainsAny(text, "\r\n") {
			return "", errors.New("it is not one line")
		}
		return text, nil
	}, now, log).Value
}
