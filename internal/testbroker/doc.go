// Package testbroker starts reference brokers (기준 서비스 중개자) for tests, over real HTTP on a loopback
// port, and puts a front before them that fails as real brokers do.
//
// Before it stand broker/kit and wire/osb; after it come the tests of brokers, of link/provider and
// the stories. The shortest way to a broker, inside the test process:
//
//	b := testbroker.Serve(t, testbroker.Folders, kit.Config{SiteName: "gov", Venue: "government"})
//	register(b.URL, b.Config.User, b.Config.Password) // or use b.Client, an osb.Client
//
// Folders needs no engine and starts in milliseconds; its plans are "sync", "bigger" (sync) and "async".
// It meters one request of "requests" at each reading, and storage_gib_hours. While the test keeps
// testbroker.Shut closed, asynchronous creations stay "in progress". In its place stand the real ones:
// messaging.Run, objects.Run (once a process) and postgres.Run. kit.Config.Now is the broker's clock.
//
// Faults: register the front's URL in place of the broker's and set how it fails.
//
//	front := testbroker.NewFront(t, b.URL)
//	front.Set(testbroker.Drop)    // the effect happens, the answer is lost; see Mode for the others
//	front.Set(testbroker.Pass)
//	front.Forwarded("PUT")        // how many requests of the method reached the broker
//
// Kill and restart: a broker that is a process of its own. The test package hands its TestMain to Main,
// which runs the named broker instead of the tests when the test binary is started as a child:
//
//	func TestMain(m *testing.M) {
//		testbroker.Main(m, testbroker.Set{"objects": objects.Run})
//	}
//	b := testbroker.Start(t, "objects", kit.Config{})
//	b.Kill(t)
//	b.Restart(t) // same data, a new port: read b.URL and b.Client again
package testbroker
