// Package web is the door for people (웹 화면): whole pages by templ in Korean and
// English that work without a script, in the look of KRDS, under a strict content
// security policy. It decodes a form, runs an operation and renders what came back;
// it holds no rule, joins nothing and tests no permission except to leave out links
// that would be refused.
//
// Before it: door/login says who asks; the steps give the operations. After it:
// nothing. Invariants: every form works without a script; nothing is shown that an
// operation did not return to this caller; no official banner, emblem or identifier.
package web
