// Package push signs, encrypts and delivers Moka's webhooks, as this
// simulator's own reading of what Moka documents:
//
//   - ?sign= is the lower-case hex of HMAC-SHA256(signing key, body), over the
//     very bytes sent.
//   - Encryption, if bought, is of data alone: AES-256-CBC, PKCS#7, lower-case
//     hex text in place of the object; the key's 32 and the IV's 16 characters
//     are used as UTF-8 bytes.
//   - A 2xx is success; of anything else the person in Moka is shown the msg of
//     the answer, if there is one. Interview events expect
//     {"code":0,"msg":…,"data":…}, so a 2xx with another code, or none, counts
//     as a refusal.
//   - redirectUrl of a pushCandidate answer is remembered; no browser follows.
//
// Unknown about Moka, and therefore settings: whether an encrypted push is
// signed before or after encryption (default after, as sent), and whether and
// how Moka repeats a push (default: three times more after a 5xx, a time-out or
// a broken connection, same bytes, waiting twice as long each time). A 3xx is
// not followed, a 4xx not repeated.
//
// Errors and records carry no key and no signature.
package push
