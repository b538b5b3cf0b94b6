// Package access lets people and platforms in (접속과 계정): users with a role, sessions,
// passwords, the credentials of platforms (플랫폼 연결), and a growing wait after wrong
// passwords.
//
// Before it stands base/identity (roles, rights, password hashes); after it every door,
// which asks it who a request is from. Nothing of the road is known here.
//
// Invariants: the store holds a digest of a session's token, never the token; a wrong
// password, an unknown name and a disabled user cannot be told apart, neither by the
// answer nor by the work it takes; a password is checked with no transaction open; every
// sign-in, in vain or not, is in the record, under the user's id and never under what a
// stranger typed; a new password ends the user's other sessions; the password of a
// platform is told once, is known by its digest from then on, and stops fitting at once
// when it is revoked, for whoever remembered it too.
package access
