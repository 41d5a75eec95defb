package webhook

import (
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// sources tells where requests come from, and who may send them. Signatures are
// what makes a webhook authentic; this keeps others from trying.
type sources struct {
	// allowed may push; none means everybody.
	allowed []netip.Prefix
	// proxies are believed when they say whom they speak for.
	proxies []netip.Prefix
}

// newSources reads networks such as 203.0.113.0/24, or single addresses.
func newSources(allow, proxies []string) (sources, error) {
	allowed, err := prefixes("WEBHOOK_ALLOW_NETWORKS", allow)
	trusted, proxyErr := prefixes("WEBHOOK_TRUSTED_PROXIES", proxies)
	return sources{allowed, trusted}, errors.Join(err, proxyErr)
}

func prefixes(variable string, texts []string) ([]netip.Prefix, error) {
	var all []netip.Prefix
	var errs []error
	for _, text := range texts {
		text = strings.TrimSpace(text)
		p, err := netip.ParsePrefix(text)
		if err != nil {
			var a netip.Addr
			if a, err = netip.ParseAddr(text); err == nil && a.Zone() == "" {
				p = netip.PrefixFrom(a, a.BitLen())
			}
		}
		switch {
		case err != nil || !p.IsValid():
			errs = append(errs, fmt.Errorf("%s: %q is not a network such as 203.0.113.0/24 or 2001:db8::/32, nor an address", variable, text))
		case p.Addr().Is4In6() && p.Bits() < 96:
			errs = append(errs, fmt.Errorf("%s: %q begins in IPv4 and covers more: write it as IPv4", variable, text))
		case p.Addr().Is4In6():
			all = append(all, netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96))
		default:
			all = append(all, p)
		}
	}
	return all, errors.Join(errs...)
}

// check returns the caller's address, and whether he may push. A caller who cannot
// be told may not, where there is a list.
func (s sources) check(r *http.Request) (caller string, ok bool) {
	if len(s.allowed) == 0 {
		return "", true
	}
	addr, ok := s.caller(r)
	if !ok {
		return "unknown", false
	}
	return addr.String(), within(s.allowed, addr)
}

// caller is who sent a request: who connected, or where that is a proxy that we
// trust, the last hop before such proxies. What is further left in the headers
// anybody may have written.
//
// A proxy writes X-Forwarded-For or Forwarded, and lets the other pass as it came:
// where both are there, both have to name the same caller.
func (s sources) caller(r *http.Request) (netip.Addr, bool) {
	peer, ok := hop(r.RemoteAddr)
	if !ok || !within(s.proxies, peer) {
		return peer, ok
	}
	listed, standard := r.Header.Values("X-Forwarded-For"), r.Header.Values("Forwarded")
	switch {
	case len(listed) == 0 && len(standard) == 0:
		return peer, true
	case len(standard) == 0:
		return s.lastHop(peer, listedHops(listed))
	case len(listed) == 0:
		return s.lastHop(peer, forwardedHops(standard))
	}
	one, ok := s.lastHop(peer, listedHops(listed))
	other, alsoOK := s.lastHop(peer, forwardedHops(standard))
	return one, ok && alsoOK && one == other
}

// lastHop is the right-most hop that is no proxy of ours; where all are, the first.
func (s sources) lastHop(peer netip.Addr, hops []string) (netip.Addr, bool) {
	last := peer
	for _, text := range slices.Backward(hops) {
		addr, ok := hop(text)
		if !ok {
			return netip.Addr{}, false // "unknown", or what hides who it was
		}
		last = addr
		if !within(s.proxies, addr) {
			break
		}
	}
	return last, true
}

// listedHops are those of X-Forwarded-For, in their order.
func listedHops(values []string) []string {
	return strings.Split(strings.Join(values, ","), ",")
}

// forwardedHops are the for-parameters of Forwarded (RFC 7239), one an element, ""
// where there is none.
func forwardedHops(values []string) []string {
	var hops []string
	for _, element := range splitQuoted(strings.Join(values, ","), ',') {
		found := ""
		for _, pair := range splitQuoted(element, ';') {
			name, value, _ := strings.Cut(pair, "=")
			if strings.EqualFold(strings.TrimSpace(name), "for") {
				found = strings.Trim(strings.TrimSpace(value), `"`)
			}
		}
		hops = append(hops, found)
	}
	return hops
}

// splitQuoted splits at sep outside of quotes. A quote that is not closed takes the
// rest with it.
func splitQuoted(text string, sep byte) []string {
	var parts []string
	from, quoted := 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case c == sep && !quoted:
			parts = append(parts, text[from:i])
			from = i + 1
		}
	}
	return append(parts, text[from:])
}

// hop reads an address with a port or without, IPv6 in brackets or bare. IPv4 in
// IPv6 (::ffff:192.0.2.1) is IPv4; zones do not count.
func hop(text string) (netip.Addr, bool) {
	text = strings.TrimSpace(text)
	addr, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(text, "["), "]"))
	if err != nil {
		with, portErr := netip.ParseAddrPort(text)
		if portErr != nil {
			return netip.Addr{}, false
		}
		addr = with.Addr()
	}
	return addr.WithZone("").Unmap(), true
}

func within(networks []netip.Prefix, addr netip.Addr) bool {
	return slices.ContainsFunc(networks, func(p netip.Prefix) bool { return p.Contains(addr) })
}
