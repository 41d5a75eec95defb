package api

import (
	"encoding/json"

	"github.com/mokafka/mokafka/internal/mokasim/payload"
)

// object is a JSON object whose values are left as they are; its keys lose
// their order.
type object map[string]json.RawMessage

// twice repeats each row of a list: of an array, or of an object's data or
// headcounts. Other bodies stay as they are.
func twice(body []byte) []byte {
	if rows, ok := doubled(body); ok {
		return rows
	}
	var whole object
	if json.Unmarshal(body, &whole) != nil {
		return body
	}
	for _, key := range []string{"data", "headcounts"} {
		if rows, ok := doubled(whole[key]); ok {
			whole[key] = rows
			return rewritten(whole, body)
		}
	}
	return body
}

func doubled(list []byte) ([]byte, bool) {
	var rows, all []json.RawMessage
	if json.Unmarshal(list, &rows) != nil || rows == nil {
		return nil, false
	}
	for _, row := range rows {
		all = append(all, row, row)
	}
	text, err := payload.Stringify(all)
	return text, err == nil && all != nil
}

// sameNext puts in place of an answer's next the one that was asked with. A
// first page keeps its own.
func sameNext(body []byte, c *call) []byte {
	asked := c.query.Get("next")
	if asked == "" {
		var request struct {
			Next string `json:"next"`
		}
		if json.Unmarshal(c.body, &request) != nil {
			return body
		}
		asked = request.Next
	}
	var whole object
	if asked == "" || json.Unmarshal(body, &whole) != nil || whole == nil {
		return body
	}
	next, err := payload.Stringify(asked)
	if err != nil {
		return body
	}
	whole["next"] = next
	return rewritten(whole, body)
}

func rewritten(whole object, otherwise []byte) []byte {
	text, err := payload.Stringify(whole)
	if err != nil {
		return otherwise
	}
	return text
}
