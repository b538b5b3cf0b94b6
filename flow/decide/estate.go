package decide

// SystemName is how people call a system.
type SystemName struct {
	Code, Name string
	Synthetic  bool
}
