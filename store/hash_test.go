package store_test

import (
	"golang.org/x/mod/sumdb/tlog"

	"naru/base/record"
)

func hash(s record.Stored) []tlog.Hash { return []tlog.Hash{tlog.RecordHash(s.Leaf)} }
