// Package arch holds the rules of the house that compilers and linters do not
// know: which room may import which, what stands at the top level, that nothing
// keeps state in package variables, that an environment variable has one
// default, that every package says what it is for.
//
// Each rule is a function from a parsed [Tree] to findings, one line each, of
// the form "path:line: what is wrong and what to do instead", in the order of
// the tree; no finding means that the rule holds. Rules read source text alone:
// they run no tool, resolve no types and never touch the network. The test of
// this package runs them all over this repository, and each over a small tree
// that breaks it.
//
// A new room gets a row in rooms.go, and its arrows a rule in .golangci.yml,
// where editors show a breach earlier than this test does.
package arch
