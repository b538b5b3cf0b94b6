// Package cli is the command line (명령줄): a command for every operation, made from the
// same list as the REST door, and a few written by hand where a person deserves better,
// such as importing a file with its progress.
//
// A command talks to a server over REST, or to a data folder through the very same
// handler inside this process; cmd gives it the connection. It holds no rule. Output is
// a table, JSON or CSV; texts are in Korean or English; the exit code tells the kind of
// refusal.
package cli
