package record

import (
	"slices"

	"golang.org/x/mod/sumdb/tlog"
)

// TileWidth is the number of hashes in a full tile, as in the tlog-tiles layout.
const TileWidth = 256

// Tile is one row of hashes of the tree: level 0 holds leaf hashes, level l the
// roots of full tiles of level l-1. Number counts tiles of the level from 0.
type Tile struct {
	Level  int
	Number int64
	Hashes []tlog.Hash
}

// Tree is the right edge of the Merkle tree: its size and the last, partial tile of
// every level. That is all the state that appending needs. A Tree is a value:
// Append returns the next one and leaves the old one usable for a rollback, as long
// as only one successor lives.
type Tree struct {
	Size int64
	edge [][]tlog.Hash // by level, fewer than TileWidth hashes each
}

// NewTree rebuilds the state from the partial tiles of every level.
func NewTree(size int64, partial [][]tlog.Hash) Tree {
	return Tree{Size: size, edge: partial}
}

// EdgeTiles returns which tile is the partial one on each level of a tree of a size,
// with the number of hashes it holds (0 = none): what a store must load.
func EdgeTiles(size int64) []Tile {
	var tiles []Tile
	for level := 0; size > 0; level++ {
		tiles = append(tiles, Tile{Level: level, Number: size / TileWidth, Hashes: make([]tlog.Hash, size%TileWidth)})
		size /= TileWidth
	}
	return tiles
}

// Append adds leaf hashes and returns the new tree and every tile that changed.
func (t Tree) Append(leaves []tlog.Hash) (Tree, []Tile) {
	next := Tree{Size: t.Size + int64(len(leaves)), edge: slices.Clone(t.edge)}
	return next, next.push(nil, 0, t.Size, leaves)
}

// push appends hashes to a level that holds count hashes so far, and the roots of
// the tiles that fill up to the level above.
func (t *Tree) push(changed []Tile, level int, count int64, hashes []tlog.Hash) []Tile {
	if level == len(t.edge) {
		t.edge = append(t.edge, nil)
	}
	var full []tlog.Hash
	above := count / TileWidth
	tile := slices.Clip(t.edge[level])
	number := above
	for _, h := range hashes {
		tile = append(tile, h)
		if len(tile) == TileWidth {
			changed = append(changed, Tile{level, number, tile})
			full = append(full, perfectRoot(tile))
			tile, number = nil, number+1
		}
	}
	t.edge[level] = tile
	if len(tile) > 0 {
		changed = append(changed, Tile{level, number, tile})
	}
	if len(full) > 0 {
		changed = t.push(changed, level+1, above, full)
	}
	return changed
}

// Root returns the RFC 6962 tree hash.
func (t Tree) Root() tlog.Hash {
	var (
		root  tlog.Hash
		begun bool
	)
	for _, hashes := range t.edge {
		for n := len(hashes); n > 0; {
			width := n & -n // the last perfect subtree
			h := perfectRoot(hashes[n-width : n])
			if begun {
				h = tlog.NodeHash(h, root)
			}
			root, begun = h, true
			n -= width
		}
	}
	if !begun {
		empty, _ := tlog.TreeHash(0, nil) // the hash of nothing needs no reader
		return empty
	}
	return root
}

// perfectRoot returns the root over 2^k hashes.
func perfectRoot(hashes []tlog.Hash) tlog.Hash {
	level := slices.Clone(hashes)
	for len(level) > 1 {
		for i := range len(level) / 2 {
			level[i] = tlog.NodeHash(level[2*i], level[2*i+1])
		}
		level = level[:len(level)/2]
	}
	return level[0]
}
