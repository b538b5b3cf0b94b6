// Package testbroker starts reference brokers (기준 서비스 중개자) for tests, as real processes over
// real HTTP, and puts a front before them that fails as real brokers do.
//
// Before it stand broker/kit and wire/osb; after it come the tests of brokers, of link/provider and
// the stories. A test package that starts processes hands its TestMain to Main:
//
//	func TestMain(m *testing.M) {
//		testbroker.Main(m, testbroker.Set{"objects": objects.Run})
//	}
//
// Main runs the named broker instead of the tests when the test binary is started as a child.
package testbroker
