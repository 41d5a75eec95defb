package api

import "strings"

// route is an endpoint: what it is called and how it is answered.
type route struct {
	method, path string // {id} in the path is any one segment
	do           func(s *Server, c *call) (answer, error)
	shape        shape // how it says no
	open         bool  // needs no credentials and no quota
	write        bool
	// headcountWrite: the headcounts' own quota counts it too.
	headcountWrite bool
}

// endpoints are all there are. Their order matters where a path could be meant
// by two.
func (s *Server) endpoints() []route {
	all := []route{{method: "POST", path: "/v1/auth/oauth2/getToken", do: (*Server).getToken, shape: inCode, open: true}}
	for _, family := range [][]route{reads(), applicationWrites(), offerWrites(), fakeOfferWrites(), headcountWrites()} {
		all = append(all, family...)
	}
	return all
}

// find is the endpoint of a path, and its {id}. A method that a path does not
// take is as unknown as a path.
func (s *Server) find(method, path string) (rt route, id string, ok bool) {
	for _, rt := range s.routes {
		if rt.method != method {
			continue
		}
		if id, ok := rt.matches(path); ok {
			return rt, id, true
		}
	}
	return route{}, "", false
}

func (r route) matches(path string) (id string, ok bool) {
	before, after, found := strings.Cut(r.path, "{id}")
	if !found {
		return "", path == r.path
	}
	rest, ok := strings.CutPrefix(path, before)
	if !ok {
		return "", false
	}
	id, ok = strings.CutSuffix(rest, after)
	return id, ok && id != "" && !strings.Contains(id, "/")
}
