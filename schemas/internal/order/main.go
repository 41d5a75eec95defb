// Command order prints the schema files in the order in which a generator has
// to read them: each after those it refers to.
package main

import (
	"fmt"
	"os"

	"github.com/mokafka/mokafka/schemas/avsc"
)

func main() {
	bundle, err := avsc.Embedded()
	if err == nil {
		var names []string
		if names, err = bundle.Ordered(); err == nil {
			for _, name := range names {
				fmt.Printf("avsc/%s.avsc ", name)
			}
			return
		}
	}
	fmt.Fprintln(os.Stderr, "order:", err)
	os.Exit(1)
}
