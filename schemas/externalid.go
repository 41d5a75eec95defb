package schemas

import (
	"crypto/sha256"
	"encoding/binary"
	"math"
)

// DerivedApplicationID is the application id of what Moka pushes without one:
// the Zhiren push names a candidate by a text that need not be a number
// (external_id), and no application at all.
//
// It is negative, so that it is never one of Moka's, which are positive; the
// same text always gives the same id; two texts give the same with the odds of
// a hash of 63 bits (SHA-256, cut): one in a million for four million of them.
// It is between -2^63 and -1. Moka knows nothing of it: nothing can be asked for
// or written under it.
func DerivedApplicationID(externalID string) int64 {
	sum := sha256.Sum256([]byte("mokafka:external:" + externalID))
	return -int64(binary.BigEndian.Uint64(sum[:8])&math.MaxInt64) - 1
}
