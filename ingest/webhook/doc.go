// Package webhook is the doors through which Moka pushes: HTTP in, journal
// entries out. There is one for REST, one for SOAP and one like the receiver that
// Moka documents for Zhiren; they differ in how a push is wrapped and signed and
// in the form of the answer, and give the same entries. A push is answered with
// success after its bytes were acknowledged by the journal, and not before.
//
// A request passes these steps, and stops at the first that fails:
//
//	a place among the requests in flight   429, Retry-After
//	the body, bounded in size and time     413, 408
//	the signature                          401: a metric, no dead letter, nothing journaled
//	decryption of data, where encrypted    422 and a dead letter
//	the envelope: JSON, event, application 422 and a dead letter
//	the journal                            429 (busy) or 503 (unavailable), Retry-After
//
// SOAP answers in its own way: true for what was journaled, false (whose status
// is 200 too) for a document that cannot be taken and is in the dead letters, a
// fault for anything else. The Zhiren
// door refuses what is not of the present (401) or was taken before (409), too.
//
// So what is refused with 422 is authentic: Moka said it, and its bytes are in
// the dead letters before the answer goes out; where they cannot be written, the
// answer is 503. An event that nobody knows here is journaled like the others.
//
// The answer's msg is shown to the person in HR who pressed the button in Moka:
// it is Chinese, and says what that person can do. Logs, metrics and errors hold
// neither personal data nor keys nor signatures.
//
// The steps from bytes to journal entries are pure functions: Sign, SignZhiren,
// DataCipher, ReadEnvelope. Server is the shell around them.
package webhook
