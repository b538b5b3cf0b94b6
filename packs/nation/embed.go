// Package nation holds the proportions of the example nation (예시 국가): what government
// published of its real estate, each figure with its source, and beside them the shares
// that nobody published, which are configuration and say so.
//
// link/feed draws institutions and systems from them. The package holds no code but the
// embedding: a better figure is a change of data.
package nation

import _ "embed"

// Proportions is the table, read by link/feed.
//
//go:embed proportions.yaml
var Proportions []byte
