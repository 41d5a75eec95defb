// Package api is Moka's HTTP API over a simulated company: everything under
// /api-platform. It is an independent reading of Moka's documents, as all of
// mokasim is.
//
// # One call
//
// First the path is looked up: one that there is not, or not with that method,
// answers 404 {"message":"您访问的页面不存在"}, whoever asks. Paths are taken as
// they are really spelled (/v1/candidates/{id}/hired), in their own case; a slash
// at the end does not matter. Then the caller is identified, by HTTP Basic with
// the API key as the user name or by a Bearer token; who is not answers HTTP 500
// {"code":-1,"success":false,"msg":…}. Then the quota counts the call, or refuses
// it. Then latency passes, and the call is carried out: read endpoints by package
// resources, writes by the company's Commands. getToken needs no credentials and
// does not count.
//
// Every answer has a Date header of Moka's clock.
//
// # Writes
//
// Each write answers in the shape that Moka documents for it, and refuses in it
// too:
//
//	move_application_stage                {"code":0,"msg":…}; every refusal is code 1
//	offer/status                          {"code":0}; refusals with the code of the table
//	{id}/hired, rejected, corrected,
//	offerApproval, sendOffer              {"success":true} or {"success":false,"errorMessage":…}
//	{id}/resign                           the same, refusals with a code besides
//	POST offers                           {"id":…}
//	offers/{id}/accept, delete,
//	candidates/{id}/hired, reject         HTTP 200 without a body
//	POST and PUT headcount                {"headcount":…}
//	DELETE headcount                      ok, as plain text
//
// What a refusal of the last four looks like is not documented; here it is HTTP
// 400 {"success":false,"errorMessage":…,"code":…}, or 404 for a headcount that
// there is not. Also not documented, and chosen here: an
// application that was hired counts as archived; moving to the stage it is in,
// and other writes of what is so already, are accepted and change nothing; an
// offer must have been sent to be accepted or rejected; a rejected one archives
// the application; hiring is possible from every stage, "rejected" (gave up
// onboarding) only from 待入职, as documented. Bodies are read strictly: keys as
// documented, types too; null counts as absent but for hcId, where Moka refuses
// it. Texts are Chinese or English (Config.English).
//
// # Effects
//
// Every accepted write is an Effect, logged in the order in which the company
// took it, with what it changed, or that it changed nothing. This log, not the
// answers, says what happened.
//
// # Faults
//
// Mistakes are made on order only (see Fault): before the effect, after it, or
// in the answer alone. Of several orders that a call could suffer, the earliest
// is carried out. A call that is refused for its credentials or the quota suffers
// none. Lots are drawn by seed, order and the number of the call among those the
// order is for.
//
// Hanging and endless answers end when the caller hangs up, and after
// Config.Hold. Resets are TCP resets over a network, and a panic with
// http.ErrAbortHandler where the ResponseWriter has no connection.
package api
