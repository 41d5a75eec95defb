package api

import "net/http"

const grantType = "client_credentials"

// getToken answers POST /v1/auth/oauth2/getToken. What fails answers HTTP 200
// with code 110020, as was seen of Moka.
func (s *Server) getToken(c *call) (answer, error) {
	unauthorized := stated(http.StatusOK, struct {
		Code int      `json:"code"`
		Msg  string   `json:"msg"`
		Data struct{} `json:"data"`
	}{Code: 110020, Msg: "unauthorized_client"})
	body, err := c.fields()
	if err != nil {
		return unauthorized, nil //nolint:nilerr // whatever is wrong with the request, Moka says this
	}
	id, _ := body.text("clientID")
	secret, _ := body.text("clientSecret")
	if kind, _ := body.text("grantType"); kind != grantType {
		return unauthorized, nil
	}
	text, seconds, ok := s.access.grant(id, secret, s.deps.Clock.Now())
	if !ok {
		return unauthorized, nil
	}
	type granted struct {
		AccessToken string `json:"accessToken"`
		ExpiresIn   int    `json:"expiresIn"`
		TokenType   string `json:"tokenType"`
	}
	return stated(http.StatusOK, struct {
		Code int     `json:"code"`
		Msg  string  `json:"msg"`
		Data granted `json:"data"`
	}{0, "Success", granted{text, seconds, "Bearer"}}), nil
}
