package moka

import (
	"net/http"
	"time"
)

// Judge is judge for a test: the kind of the verdict, 0 for a success, and what
// a page of the answer has.
func Judge(write bool, shape int, status int, body []byte) (Kind, Page, error) {
	e := endpoint{name: "test", write: write, done: shapeOf(shape)}
	a, failed := judge(e, status, http.Header{}, body, time.Unix(0, 0))
	if failed != nil {
		return failed.Kind, Page{}, failed
	}
	c := &Client{location: beijing}
	page, err := c.paged(applicationsV2, reply{answer: a}, a.data, application)
	return 0, page, err
}

// Shapes is how many shapes there are.
const Shapes = len(says) - 1

func shapeOf(n int) shape { return shape(1 + n%Shapes) }

// When is when, of Beijing.
func When(text []byte) time.Time { return when(text, beijing) }
