package api

import (
	"encoding/base64"
	"errors"
)

// maxMapping is the largest mapping file that fits a header.
const maxMapping = 48 << 10

func encodeMapping(file []byte) string { return base64.StdEncoding.EncodeToString(file) }

// DecodeMapping reads the mapping file out of its header.
func DecodeMapping(header string) ([]byte, error) {
	if len(header) > base64.StdEncoding.EncodedLen(maxMapping) {
		return nil, errors.New("mapping file is larger than 48 KB")
	}
	return base64.StdEncoding.DecodeString(header)
}
