// Package mapping holds the mapping files (대응표) that ship with naru: its own templates of information systems and
// institutions, and those that read published registers as they are.
//
// Before it stand files as offices and publishers keep them; wire/mapping reads these descriptions, and after it come the
// records that flow/inventory and flow/catalog take. Each file says where the data comes from and on what terms, and marks
// every field that is derived with the rule by which it is. The files are data: the package holds no code but the embedding.
package mapping

import "embed"

// Files are the mapping files, "<name>.yaml" each.
//
//go:embed *.yaml
var Files embed.FS
