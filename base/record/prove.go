package record

import (
	"fmt"

	"golang.org/x/mod/sumdb/tlog"
)

// tileHeight is the height of a tile in the tlog-tiles layout: 2^8 = TileWidth.
const tileHeight = 8

// Prove returns the inclusion proof of an entry in the tree of a size and root (RFC
// 6962 section 2.1.1): hashes from the leaf upwards. read loads a tile with as many
// hashes as the wanted tile has room for. Hashes that do not add up to the root are
// an error.
func Prove(size int64, root tlog.Hash, index int64, read func(Tile) (Tile, error)) (tlog.RecordProof, error) {
	hashes := tlog.TileHashReader(tlog.Tree{N: size, Hash: root}, tileReader(read))
	proof, err := tlog.ProveRecord(size, index, hashes)
	if err != nil {
		return nil, fmt.Errorf("proof of entry %d: %w", index, err)
	}
	return proof, nil
}

// tileReader gives stored tiles to package tlog.
type tileReader func(Tile) (Tile, error)

// Height implements tlog.TileReader.
func (tileReader) Height() int { return tileHeight }

// SaveTiles implements tlog.TileReader; the store has them already.
func (tileReader) SaveTiles([]tlog.Tile, [][]byte) {}

// ReadTiles implements tlog.TileReader.
func (r tileReader) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	data := make([][]byte, len(wanted))
	for i, w := range wanted {
		t, err := r(Tile{Level: w.L, Number: w.N, Hashes: make([]tlog.Hash, w.W)})
		if err != nil {
			return nil, err
		}
		for _, h := range t.Hashes {
			data[i] = append(data[i], h[:]...)
		}
	}
	return data, nil
}
