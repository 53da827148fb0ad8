// SPDX-License-Identifier: Apache-2.0

// Audit a ledger with Go's own packages for transparency logs (golang.org/x/mod/sumdb), which know
// nothing of baton:
//
//	auditor ledger VKEY FOLDER            every entry, hashed anew, against tiles and checkpoint
//	auditor grown VKEY FOLDER CHECKPOINT  and that its tree continues an older checkpoint's
//	auditor proof VKEY PROOF LEAF         a .tlog-proof of the entry in file LEAF
//	auditor bundle VKEY BUNDLE            the log entry of a Sigstore bundle
package main

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const tileHeight = 8

func check(err error) {
	if err != nil {
		fmt.Println("refused:", err)
		os.Exit(1)
	}
}

func read(path string) []byte {
	data, err := os.ReadFile(path)
	check(err)
	return data
}

// The tree of a checkpoint that the log signed.
func openCheckpoint(vkey string, text []byte) tlog.Tree {
	verifier, err := note.NewVerifier(vkey)
	check(err)
	opened, err := note.Open(text, note.VerifierList(verifier))
	check(err)
	lines := strings.Split(opened.Text, "\n")
	if len(lines) < 4 || lines[0] != verifier.Name() {
		check(errors.New("not a checkpoint of this log"))
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	check(err)
	root, err := base64.StdEncoding.DecodeString(lines[2])
	check(err)
	if len(root) != tlog.HashSize {
		check(errors.New("the root has another length"))
	}
	tree := tlog.Tree{N: size}
	copy(tree.Hash[:], root)
	return tree
}

// C2SP tlog-tiles has the names of Go's sumdb, but for the height and "data".
func tilePath(folder string, t tlog.Tile) string {
	path := strings.TrimPrefix(t.Path(), fmt.Sprintf("tile/%d/", tileHeight))
	path = strings.Replace(path, "data/", "entries/", 1)
	return filepath.Join(folder, "tile", path)
}

type tiles struct{ folder string }

func (r tiles) Height() int { return tileHeight }

func (r tiles) SaveTiles([]tlog.Tile, [][]byte) {}

func (r tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, t := range wanted {
		data, err := os.ReadFile(tilePath(r.folder, t))
		if err != nil {
			return nil, err
		}
		all = append(all, data)
	}
	return all, nil
}

// Every entry of the tree, in order: uint16 length, bytes.
func entries(folder string, tree tlog.Tree) [][]byte {
	var all [][]byte
	for first := int64(0); first < tree.N; first += 1 << tileHeight {
		width := tree.N - first
		if width > 1<<tileHeight {
			width = 1 << tileHeight
		}
		t := tlog.Tile{H: tileHeight, L: -1, N: first >> tileHeight, W: int(width)}
		data := read(tilePath(folder, t))
		for len(data) >= 2 {
			length := int(binary.BigEndian.Uint16(data))
			if len(data) < 2+length {
				check(errors.New("an entry is cut short"))
			}
			all = append(all, data[2:2+length])
			data = data[2+length:]
		}
		if len(data) != 0 {
			check(errors.New("bytes behind the entries"))
		}
	}
	return all
}

func auditLedger(vkey, folder string) (tlog.Tree, tlog.HashReader) {
	tree := openCheckpoint(vkey, read(filepath.Join(folder, "checkpoint")))
	stored := tlog.TileHashReader(tree, tiles{folder}) // proves what it reads against the root
	hashes := []tlog.Hash{}
	made := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		var found []tlog.Hash
		for _, i := range indexes {
			found = append(found, hashes[i])
		}
		return found, nil
	})
	all := entries(folder, tree)
	for i, entry := range all {
		added, err := tlog.StoredHashes(int64(i), entry, made)
		check(err)
		hashes = append(hashes, added...)
	}
	if int64(len(all)) != tree.N {
		check(errors.New("another number of entries than the checkpoint says"))
	}
	root, err := tlog.TreeHash(tree.N, made)
	check(err)
	if root != tree.Hash {
		check(errors.New("the entries make another root"))
	}
	for i := range all {
		kept, err := stored.ReadHashes([]int64{tlog.StoredHashIndex(0, int64(i))})
		check(err)
		if kept[0] != tlog.RecordHash(all[i]) {
			check(fmt.Errorf("tile and entry %d differ", i))
		}
	}
	return tree, stored
}

func checkGrown(vkey, folder, before string) {
	old := openCheckpoint(vkey, read(before))
	tree, stored := auditLedger(vkey, folder)
	if old.N > tree.N {
		check(errors.New("the log has become shorter"))
	}
	if old.N == 0 {
		return
	}
	proof, err := tlog.ProveTree(tree.N, old.N, stored)
	check(err)
	check(tlog.CheckTree(proof, tree.N, tree.Hash, old.N, old.Hash))
}

func parseHash(text string) tlog.Hash {
	hash, err := tlog.ParseHash(text)
	check(err)
	return hash
}

func checkProof(vkey, file, leaf string) {
	head, checkpoint, found := bytes.Cut(read(file), []byte("\n\n"))
	lines := strings.Split(string(head), "\n")
	if !found || len(lines) < 2 || lines[0] != "c2sp.org/tlog-proof@v1" {
		check(errors.New("not a tlog-proof"))
	}
	index, err := strconv.ParseInt(strings.TrimPrefix(lines[1], "index "), 10, 64)
	check(err)
	var proof tlog.RecordProof
	for _, line := range lines[2:] {
		proof = append(proof, parseHash(line))
	}
	tree := openCheckpoint(vkey, checkpoint)
	check(tlog.CheckRecord(proof, tree.N, tree.Hash, index, tlog.RecordHash(read(leaf))))
}

type bundle struct {
	VerificationMaterial struct {
		TlogEntries []struct {
			CanonicalizedBody []byte
			InclusionProof    struct {
				LogIndex   string
				Hashes     []string
				Checkpoint struct{ Envelope string }
			}
		}
	}
}

func checkBundle(vkey, file string) {
	var b bundle
	check(json.Unmarshal(read(file), &b))
	if len(b.VerificationMaterial.TlogEntries) == 0 {
		check(errors.New("no log entry"))
	}
	for _, entry := range b.VerificationMaterial.TlogEntries {
		index, err := strconv.ParseInt(entry.InclusionProof.LogIndex, 10, 64)
		check(err)
		var proof tlog.RecordProof
		for _, text := range entry.InclusionProof.Hashes {
			proof = append(proof, parseHash(text))
		}
		tree := openCheckpoint(vkey, []byte(entry.InclusionProof.Checkpoint.Envelope))
		leaf := tlog.RecordHash(entry.CanonicalizedBody)
		check(tlog.CheckRecord(proof, tree.N, tree.Hash, index, leaf))
	}
}

func main() {
	args := append(os.Args[1:], "", "", "", "")
	switch args[0] {
	case "ledger":
		auditLedger(args[1], args[2])
	case "grown":
		checkGrown(args[1], args[2], args[3])
	case "proof":
		checkProof(args[1], args[2], args[3])
	case "bundle":
		checkBundle(args[1], args[2])
	default:
		fmt.Println("usage: auditor ledger|grown|proof|bundle VKEY FILE...")
		os.Exit(2)
	}
}
