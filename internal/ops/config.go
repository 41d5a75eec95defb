package ops

import (
	"fmt"
	"net"
)

// Config of the port. Tags are go-envconfig's.
type Config struct {
	// Addr is where it listens; port 0 takes a free one.
	Addr string `env:"OPS_ADDR,default=127.0.0.1:9090"`
	// Pprof serves profiles too. A profile of the heap shows what is in memory,
	// personal data included.
	Pprof bool `env:"OPS_PPROF,default=false"`
}

// Validate names the variable at fault.
func (c Config) Validate() error {
	if _, _, err := net.SplitHostPort(c.Addr); err != nil {
		return fmt.Errorf("OPS_ADDR: %q is not host:port or :port", c.Addr)
	}
	return nil
}
