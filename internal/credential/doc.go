// Package credential reads secrets and certificates from files that are replaced
// while the process runs, and gets tokens that expire.
//
// Nothing here is watched and nothing runs on its own: what is wanted is looked up
// when it is used. Text reads its file at each call, for what is used once a
// connection; File looks at most every CheckEvery, for what is used all the time;
// TLS makes a configuration of what its files hold at the moment; Tokens asks for
// another token when the last is about to end.
//
// Errors name files, never what is in them.
package credential
