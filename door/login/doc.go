// Package login tells the other doors who a request is from (로그인): a session's cookie,
// a bearer token, or a name and password sent with every request.
//
// Behind it stands flow/access, which checks and remembers; beside it the doors web, rest
// and osb, which get its methods from cmd. Invariants: a fault of the store means nobody
// is signed in; the cookie is out of reach of scripts and other sites; few passwords are
// checked at once, because each check takes 46 MiB of memory.
package login
