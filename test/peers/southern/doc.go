// Package southern is a broker of another house (남쪽 상대): it stands on Cloud Foundry's brokerapi library, so that what
// naru hears to the south was not written by naru's own authors. It holds nothing but its state, in one file, so that a
// kill loses nothing.
//
// Plans: "sync" at once, "bigger" at once and more, "async" after Delay, "slow" after SlowDelay; bindings of the last two
// are asynchronous too. Run is a testbroker.RunFunc, so that it runs as a process of its own:
//
//	func TestMain(m *testing.M) { testbroker.Main(m, testbroker.Set{"southern": southern.Run}) }
//	b := testbroker.Start(t, "southern", kit.Config{})
package southern
