package normalize

import "math/bits"

// maxBits bounds the keys of a table and the fields of an entity.
const maxBits = 256

// bitset is a set of numbers below maxBits.
type bitset [maxBits / 64]uint64

// add reports whether i was in the set already.
func (b *bitset) add(i int) bool {
	word, bit := &b[i/64], uint64(1)<<(i%64)
	had := *word&bit != 0
	*word |= bit
	return had
}

func (b *bitset) has(i int) bool { return b[i/64]&(1<<(i%64)) != 0 }

// set puts i in the set, or takes it out.
func (b *bitset) set(i int, in bool) {
	b[i/64] &^= 1 << (i % 64)
	if in {
		b.add(i)
	}
}

func (b *bitset) union(other bitset) {
	for i := range b {
		b[i] |= other[i]
	}
}

func (b *bitset) len() int {
	n := 0
	for _, word := range b {
		n += bits.OnesCount64(word)
	}
	return n
}

// all yields the members in order.
func (b *bitset) all(yield func(int) bool) {
	for i, word := range b {
		for ; word != 0; word &= word - 1 {
			if !yield(i*64 + bits.TrailingZeros64(word)) {
				return
			}
		}
	}
}
