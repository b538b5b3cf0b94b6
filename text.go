package naru

// Text is a sentence or a name in both languages of the interface, Korean first.
// Packs, catalogues and field labels carry Text; program messages carry [Message].
type Text struct {
	Ko string `json:"ko" yaml:"ko"`
	En string `json:"en,omitempty" yaml:"en,omitempty"`
}

// In returns the text in the language "ko" or "en"; a missing translation falls
// back to Korean, which is the language of the law it usually quotes.
func (t Text) In(lang string) string {
	if lang == "en" && t.En != "" {
		return t.En
	}
	return t.Ko
}

// IsZero reports whether neither language has any text.
func (t Text) IsZero() bool { return t.Ko == "" && t.En == "" }
