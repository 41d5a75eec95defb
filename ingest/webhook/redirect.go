package webhook

import (
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
)

// Places in a redirect template.
const (
	placeApplication = "{applicationId}"
	placeCandidate   = "{candidateId}"
)

// redirects are the templates of the addresses to which Moka sends the browser
// of the person who pushed a candidate; "" for none. Moka documents them for
// REST and picks by the device.
type redirects struct{ pc, mobile string }

// json is the value of redirectUrl, nil where there is no address to go to.
func (r redirects) json(p *push) []byte {
	if p.known != eventPushCandidate || len(p.Applications) == 0 {
		return nil
	}
	var out []byte
	for _, one := range []struct{ name, template string }{{"pcUrl", r.pc}, {"mobileUrl", r.mobile}} {
		address, ok := fill(one.template, p.Applications[0], p.Candidate)
		if !ok {
			continue
		}
		if out == nil {
			out = append(out, '{')
		} else {
			out = append(out, ',')
		}
		out = append(appendText(out, one.name), ':')
		out = appendText(out, address)
	}
	if out == nil {
		return nil
	}
	return append(out, '}')
}

// fill puts the ids into a template. ok is false without a template, and where
// it asks for a candidate that the push did not name.
func fill(template string, application, candidate int64) (address string, ok bool) {
	if template == "" || candidate == 0 && strings.Contains(template, placeCandidate) {
		return "", false
	}
	return strings.NewReplacer(
		placeApplication, strconv.FormatInt(application, 10),
		placeCandidate, strconv.FormatInt(candidate, 10),
	).Replace(template), true
}

// validateTemplate wants an absolute web address once the places are filled in.
func validateTemplate(template string) error {
	address, ok := fill(template, 1, 1)
	if !ok {
		return nil
	}
	if strings.ContainsAny(address, "{}") {
		return fmt.Errorf("only %s and %s may stand in braces", placeApplication, placeCandidate)
	}
	return validateAddress(address)
}

// validateAddress wants an absolute http or https address without a user.
func validateAddress(address string) error {
	u, err := url.Parse(address)
	if err != nil {
		return errors.New("not an address") // its error shows all of the address
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil {
		return errors.New("want an address that begins with https:// or http://, with a host and without a user")
	}
	return nil
}
