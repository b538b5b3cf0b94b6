// Package testlaw gives tests the instruments that ship (시험에 쓰는 제도 묶음), read once for all tests of a
// program: reading and checking them costs more than most tests that ask them.
//
// Before it stand base/policy, flow/inventory and packs/law; after it the tests that need the law.
package testlaw
