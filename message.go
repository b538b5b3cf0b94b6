package naru

// Message is a sentence to be worded by package locale: a key such as
// "inventory.row_refused" and its arguments by name. Steps hold no prose, so that
// one place decides the wording in every language. An argument that is a name in both
// languages stands twice: "provider" in Korean and "provider.en" in English.
type Message struct {
	Key  string            `json:"key"`
	Args map[string]string `json:"args,omitempty"`
}

// Msg makes a Message from a key and name, value pairs.
func Msg(key string, pairs ...string) Message {
	m := Message{Key: key}
	for i := 0; i+1 < len(pairs); i += 2 {
		if m.Args == nil {
			m.Args = make(map[string]string, len(pairs)/2)
		}
		m.Args[pairs[i]] = pairs[i+1]
	}
	return m
}
