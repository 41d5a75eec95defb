package avsc

import (
	"encoding/json"
	"fmt"
)

// SignedLink is the property that marks a field whose links are signed anew at
// every read: another signature is not a change.
const SignedLink = "moka.signed_link"

// HoldsSignedLinks is the property that marks a field whose text may hold such
// links among other things.
const HoldsSignedLinks = "moka.holds_signed_links"

// FieldsWith returns, for each record of b, the names of the fields that carry
// property with the value true. Records without such a field are absent.
func (b Bundle) FieldsWith(property string) (map[string]map[string]bool, error) {
	out := map[string]map[string]bool{}
	for name, text := range b {
		var record struct {
			Fields []map[string]any `json:"fields"`
		}
		if err := json.Unmarshal([]byte(text), &record); err != nil {
			return nil, fmt.Errorf("schema %s: %w", name, err)
		}
		for _, field := range record.Fields {
			if field[property] != true {
				continue
			}
			if out[name] == nil {
				out[name] = map[string]bool{}
			}
			out[name][fmt.Sprint(field["name"])] = true
		}
	}
	return out, nil
}
