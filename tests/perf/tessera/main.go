// SPDX-License-Identifier: Apache-2.0

// Tessera's POSIX driver under the load of bench_log append: THREADS callers, each of which adds
// groups of GROUP entries of 200 bytes and waits until all of them have durable numbers.
//
//	tessera DIR ENTRIES GROUP THREADS
package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"log"
	"os"
	"sort"
	"strconv"
	"sync"
	"time"

	"github.com/transparency-dev/tessera"
	"github.com/transparency-dev/tessera/storage/posix"
	"golang.org/x/mod/sumdb/note"
)

const leafBytes = 200

func number(text string) int {
	value, err := strconv.Atoi(text)
	if err != nil || value < 1 {
		log.Fatalf("not a number: %s", text)
	}
	return value
}

func open(ctx context.Context, dir string) (*tessera.Appender, func(context.Context) error) {
	secret, _, err := note.GenerateKey(rand.Reader, "example.com/bench")
	if err != nil {
		log.Fatal(err)
	}
	signer, err := note.NewSigner(secret)
	if err != nil {
		log.Fatal(err)
	}
	driver, err := posix.New(ctx, posix.Config{Path: dir})
	if err != nil {
		log.Fatal(err)
	}
	// Batches as large as ours may be, and no waiting for one to fill up.
	options := tessera.NewAppendOptions().
		WithCheckpointSigner(signer).
		WithBatching(4096, time.Millisecond).
		WithPushback(1 << 20)
	appender, shutdown, _, err := tessera.NewAppender(ctx, driver, options)
	if err != nil {
		log.Fatal(err)
	}
	return appender, shutdown
}

func addGroups(ctx context.Context, add tessera.AddFn, thread, group int, times []time.Duration) {
	futures := make([]tessera.IndexFuture, group)
	for i := range times {
		start := time.Now()
		for j := range futures {
			leaf := make([]byte, leafBytes)
			copy(leaf, fmt.Sprintf("%d %d %d", thread, i, j))
			futures[j] = add(ctx, tessera.NewEntry(leaf))
		}
		for _, future := range futures {
			if _, err := future(); err != nil {
				log.Fatal(err)
			}
		}
		times[i] = time.Since(start)
	}
}

func main() {
	if len(os.Args) != 5 {
		log.Fatal("usage: tessera DIR ENTRIES GROUP THREADS")
	}
	entries, group, threads := number(os.Args[2]), number(os.Args[3]), number(os.Args[4])
	ctx := context.Background()
	appender, shutdown := open(ctx, os.Args[1])
	groups := entries / group / threads
	times := make([]time.Duration, groups*threads)
	start := time.Now()
	var all sync.WaitGroup
	for i := 0; i < threads; i++ {
		all.Add(1)
		go func() {
			defer all.Done()
			addGroups(ctx, appender.Add, i, group, times[i*groups:(i+1)*groups])
		}()
	}
	all.Wait()
	seconds := time.Since(start).Seconds()
	sort.Slice(times, func(a, b int) bool { return times[a] < times[b] })
	ms := func(t time.Duration) float64 { return t.Seconds() * 1e3 }
	fmt.Printf("tessera threads %d group %d leaves_per_s %.0f p50_ms %.2f p99_ms %.2f max_ms %.2f\n",
		threads, group, float64(len(times)*group)/seconds, ms(times[len(times)/2]),
		ms(times[len(times)*99/100]), ms(times[len(times)-1]))
	if err := shutdown(ctx); err != nil {
		log.Fatal(err)
	}
}
