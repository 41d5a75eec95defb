package poll

// portion is how many ids a feed asks for in a call. Moka may refuse all of a call
// for one of them, so after a failure a call has half as many, and one that fails
// alone is put off, and given up after some tries: nothing waits for it for ever.
type portion struct {
	size  int
	tries map[int64]int
	// lost are those that were given up, until somebody was told.
	lost []int64
}

// fewTries is how often one id alone may fail.
const fewTries = 3

func newPortion() portion { return portion{size: perCall, tries: map[int64]int{}} }

// whole tells that nothing failed of late.
func (p *portion) whole() bool { return p.size == perCall }

// failed takes a call with these ids into account. It returns whether the last of
// them was given up.
func (p *portion) failed(ids []int64) bool {
	if len(ids) != 1 {
		p.size = max(1, min(p.size, len(ids))/2)
		return false
	}
	p.size = 1
	if p.tries[ids[0]]++; p.tries[ids[0]] < fewTries {
		return false
	}
	delete(p.tries, ids[0])
	p.lost = append(p.lost, ids[0])
	return true
}

// worked has the next call ask for more.
func (p *portion) worked(ids []int64) {
	p.size = min(2*p.size, perCall)
	for _, id := range ids {
		delete(p.tries, id)
	}
}
