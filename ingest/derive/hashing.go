package derive

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
)

// eventID is the identity of an event: the SHA-256 of the journal entry's own
// id, the entity, the type (of several with one type, also what tells them
// apart) and the mapper revision, in the form of a UUID (version 8, RFC 9562).
// The same journal derived again gives the same ids.
func eventID(entryID, entityKey, eventType string, revision int) string {
	return uuid(entryID + "\x00" + entityKey + "\x00" + eventType + "\x00" + strconv.Itoa(revision))
}

// snapshotID is the identity of a snapshot: it depends on the entity, Moka's
// time of it and its content only, so that taking one twice is harmless.
func snapshotID(entityKey string, updatedAtMilli int64, fingerprint string, revision int) string {
	return uuid("snapshot\x00" + entityKey + "\x00" + strconv.FormatInt(updatedAtMilli, 10) + "\x00" +
		fingerprint + "\x00" + strconv.Itoa(revision))
}

func uuid(name string) string {
	sum := sha256.Sum256([]byte(name))
	sum[6] = sum[6]&0x0f | 0x80
	sum[8] = sum[8]&0x3f | 0x80
	var out [36]byte
	hex.Encode(out[0:8], sum[0:4])
	hex.Encode(out[9:13], sum[4:6])
	hex.Encode(out[14:18], sum[6:8])
	hex.Encode(out[19:23], sum[8:10])
	hex.Encode(out[24:36], sum[10:16])
	out[8], out[13], out[18], out[23] = '-', '-', '-', '-'
	return string(out[:])
}
