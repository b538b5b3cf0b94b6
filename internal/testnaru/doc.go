// Package testnaru runs the built naru as a process (나루 프로세스 시험대) for tests that need the real thing:
// a listening address, a data folder, and a kill -9 at any moment.
//
// Before it stand cmd/naru and wire/api; after it come test/campaign and test/peers. Everything is set up
// through the public doors only:
//
//	n := testnaru.Start(t, testnaru.Config{})                   // serves on SQLite in a temporary folder
//	m := n.Open(t, testnaru.Site{URL: url, User: u, Password: p}) // a certified provider and its people
//	order := m.Order(t, "sync")                                 // approved, ready to be provisioned
//	client := m.Platform(t)                                     // the northern face
//	n.Kill(t)
//	n.Restart(t) // the same address and data
package testnaru
