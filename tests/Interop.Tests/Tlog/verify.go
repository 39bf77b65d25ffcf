// Verifies a published log with Go's own sumdb packages: the signature of the checkpoint, the root from the tiles, one
// record from its bundle, one audit path of a proof file, and the growth from an older checkpoint. Prints the proofs.
package main

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const height = 8

// tiles reads tiles from a plain copy of a published folder, whose paths leave out the height.
type tiles struct{ folder string }

func (t tiles) Height() int { return height }

func (t tiles) SaveTiles([]tlog.Tile, [][]byte) {}

func (t tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	var data [][]byte
	for _, tile := range wanted {
		path := strings.Replace(tile.Path(), fmt.Sprintf("tile/%d/", height), "tile/", 1)
		bytes, err := os.ReadFile(filepath.Join(t.folder, path))
		if err != nil {
			return nil, err
		}
		data = append(data, bytes)
	}
	return data, nil
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// open verifies a checkpoint and reads it.
func open(path string, verifiers note.Verifiers) tlog.Tree {
	bytes, err := os.ReadFile(path)
	check(err)
	signed, err := note.Open(bytes, verifiers)
	check(err)
	lines := strings.Split(signed.Text, "\n")
	size, err := strconv.ParseInt(lines[1], 10, 64)
	check(err)
	root, err := tlog.ParseHash(lines[2])
	check(err)
	return tlog.Tree{N: size, Hash: root}
}

// record reads one entry from its bundle: lengths as big-endian 16-bit numbers.
func record(folder string, index, size int64) []byte {
	tile := tlog.Tile{H: height, L: -1, N: index >> height, W: 1 << height}
	if rest := size - tile.N<<height; rest < 1<<height {
		tile.W = int(rest)
	}
	path := strings.Replace(tile.Path(), fmt.Sprintf("tile/%d/data/", height), "tile/entries/", 1)
	bundle, err := os.ReadFile(filepath.Join(folder, path))
	check(err)
	for skip := index & (1<<height - 1); skip > 0; skip-- {
		bundle = bundle[2+int(binary.BigEndian.Uint16(bundle)):]
	}
	return bundle[2 : 2+int(binary.BigEndian.Uint16(bundle))]
}

// auditPath reads the hashes of a .tlog-proof file.
func auditPath(path string) tlog.RecordProof {
	bytes, err := os.ReadFile(path)
	check(err)
	var proof tlog.RecordProof
	for _, line := range strings.Split(strings.SplitN(string(bytes), "\n\n", 2)[0], "\n")[2:] {
		hash, err := tlog.ParseHash(line)
		check(err)
		proof = append(proof, hash)
	}
	return proof
}

func main() {
	folder, vkey, older, proofFile := os.Args[1], os.Args[2], os.Args[3], os.Args[4]
	index, err := strconv.ParseInt(os.Args[5], 10, 64)
	check(err)
	verifier, err := note.NewVerifier(vkey)
	check(err)
	verifiers := note.VerifierList(verifier)

	tree := open(filepath.Join(folder, "checkpoint"), verifiers)
	before := open(older, verifiers)
	reader := tlog.TileHashReader(tree, tiles{folder})
	root, err := tlog.TreeHash(tree.N, reader)
	check(err)
	if root != tree.Hash {
		check(fmt.Errorf("the tiles give the root %v, not %v", root, tree.Hash))
	}

	leaf := tlog.RecordHash(record(folder, index, tree.N))
	inclusion, err := tlog.ProveRecord(tree.N, index, reader)
	check(err)
	check(tlog.CheckRecord(inclusion, tree.N, tree.Hash, index, leaf))
	check(tlog.CheckRecord(auditPath(proofFile), tree.N, tree.Hash, index, leaf))
	growth, err := tlog.ProveTree(tree.N, before.N, reader)
	check(err)
	check(tlog.CheckTree(growth, tree.N, tree.Hash, before.N, before.Hash))

	fmt.Printf("size %d\n", tree.N)
	for _, hash := range inclusion {
		fmt.Printf("inclusion %v\n", hash)
	}
	for _, hash := range growth {
		fmt.Printf("consistency %v\n", hash)
	}
}
