package schemas_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/mokafka/mokafka/schemas"
)

// TestDerivedApplicationID: it is part of keys, so it must never change.
func TestDerivedApplicationID(t *testing.T) {
	for text, want := range map[string]int64{
		"6XYfZGL4RWFfjSEpsEpdJ2eB": -7924487934360885332,
		"8030":                     -8340032507567539648,
	} {
		if got := schemas.DerivedApplicationID(text); got != want {
			t.Errorf("%s gives %d, want %d", text, got, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.String().Draw(t, "a"), rapid.String().Draw(t, "b")
		x, y := schemas.DerivedApplicationID(a), schemas.DerivedApplicationID(b)
		if x >= 0 || y >= 0 || (x == y) != (a == b) {
			t.Fatalf("%q gives %d, %q gives %d", a, x, b, y)
		}
	})
}
