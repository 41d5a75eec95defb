package moka

import (
	"net/http"
	"strings"
)

// shape is how an endpoint says that it was done. Whatever else it says is a
// refusal where it names a reason, and otherwise not understood.
type shape uint8

const (
	saysTrue       shape = iota + 1 // {"success":true}
	saysZero                        // {"code":0}
	says200                         // {"code":200}
	saysData                        // {"data":[…]}, and a code, if any, of 0 or 200
	saysList                        // […]
	saysHeadcount                   // {"headcount":{…}}
	saysHeadcounts                  // {"headcounts":[…]}
	saysID                          // {"id":…}
	saysNothing                     // ok, or anything that is not a failure
	saysCode                        // {"code":0} or 200; {"success":true} where there is none
)

// says tells for each shape whether an answer with a 2xx has it.
var says = [...]func(answer) bool{
	saysTrue:       func(a answer) bool { return a.faultless() && a.success != nil },
	saysZero:       func(a answer) bool { return a.faultless() && a.code == "0" },
	says200:        func(a answer) bool { return a.faultless() && a.code == "200" },
	saysData:       func(a answer) bool { return a.faultless() && !a.list && (a.hasData || a.code != "") },
	saysList:       func(a answer) bool { return a.list },
	saysHeadcount:  func(a answer) bool { return a.faultless() && a.headcount.kind() == '{' },
	saysHeadcounts: func(a answer) bool { return a.faultless() && a.headcounts != nil },
	saysID:         func(a answer) bool { return a.faultless() && a.id.text() != "" },
	saysNothing:    func(a answer) bool { return a.readable && a.faultless() || isOK(a.body) },
	saysCode:       func(a answer) bool { return a.faultless() && (a.code != "" || a.success != nil) },
}

// isOK reports whether a body is empty, or ok.
func isOK(body []byte) bool {
	text := strings.Trim(string(trimSpace(body)), `"`)
	return text == "" || strings.EqualFold(text, "ok")
}

// endpoint is one operation of Moka's.
type endpoint struct {
	name   string // in errors and metrics: the path without ids
	method string
	path   string // {} stands for the id
	done   shape
	write  bool // sent once
	slow   bool // has the limit of writes to headcounts
}

// The paths are those of Moka's document, with the keys that its translation
// capitalized put right: /candidates/ is /Candidates/ there.
var (
	applicationsV2       = endpoint{name: "v2/data/ehrApplications", method: http.MethodPost, path: "v2/data/ehrApplications", done: says200}
	applicationsV1       = endpoint{name: "v1/data/ehrApplications", method: http.MethodGet, path: "v1/data/ehrApplications", done: saysData}
	movedApplications    = endpoint{name: "v1/data/movedApplications", method: http.MethodGet, path: "v1/data/movedApplications", done: saysData}
	headcountsFeed       = endpoint{name: "v1/data/headcounts", method: http.MethodGet, path: "v1/data/headcounts", done: saysData}
	headcountDetail      = endpoint{name: "v1/headcount", method: http.MethodGet, path: "v1/headcount/{}", done: saysHeadcount}
	headcountsMinimal    = endpoint{name: "v1/headcount/minimal_headcounts", method: http.MethodGet, path: "v1/headcount/minimal_headcounts", done: saysHeadcounts}
	interviewList        = endpoint{name: "v1/interviews", method: http.MethodGet, path: "v1/interviews", done: saysData}
	interviewerFeedbacks = endpoint{name: "v1/data/interviewer_feedbacks", method: http.MethodGet, path: "v1/data/interviewer_feedbacks", done: saysData}
	applicationStates    = endpoint{name: "candidate/v1/getApplicationStates", method: http.MethodPost, path: "candidate/v1/getApplicationStates", done: saysZero}
	jobStages            = endpoint{name: "v1/data/job_stages", method: http.MethodGet, path: "v1/data/job_stages", done: saysList}
	archiveReasons       = endpoint{name: "v1/archiveReasons", method: http.MethodGet, path: "v1/archiveReasons", done: saysData}
	getToken             = endpoint{name: "v1/auth/oauth2/getToken", method: http.MethodPost, path: "v1/auth/oauth2/getToken", done: saysZero}

	moveStage       = endpoint{name: "v1/applications/move_application_stage", method: http.MethodPut, path: "v1/applications/move_application_stage", done: saysZero, write: true}
	markHired       = endpoint{name: "v1/applications/hired", method: http.MethodPut, path: "v1/applications/{}/hired", done: saysTrue, write: true}
	markRejected    = endpoint{name: "v1/applications/rejected", method: http.MethodPut, path: "v1/applications/{}/rejected", done: saysTrue, write: true}
	markRegular     = endpoint{name: "v1/applications/corrected", method: http.MethodPut, path: "v1/applications/{}/corrected", done: saysTrue, write: true}
	markResigned    = endpoint{name: "v1/applications/resign", method: http.MethodPut, path: "v1/applications/{}/resign", done: saysCode, write: true}
	offerStatus     = endpoint{name: "v1/offer/status", method: http.MethodPut, path: "v1/offer/status", done: saysZero, write: true}
	offerApproval   = endpoint{name: "v1/applications/offerApproval", method: http.MethodPut, path: "v1/applications/offerApproval", done: saysTrue, write: true}
	createOffer     = endpoint{name: "v1/offers", method: http.MethodPost, path: "v1/offers", done: saysID, write: true}
	acceptOffer     = endpoint{name: "v1/offers/accept", method: http.MethodPut, path: "v1/offers/{}/accept", done: saysNothing, write: true}
	deleteOffer     = endpoint{name: "v1/offers/delete", method: http.MethodPut, path: "v1/offers/{}/delete", done: saysNothing, write: true}
	candidateHired  = endpoint{name: "v1/candidates/hired", method: http.MethodPut, path: "v1/candidates/{}/hired", done: saysNothing, write: true}
	candidateReject = endpoint{name: "v1/candidates/reject", method: http.MethodPut, path: "v1/candidates/{}/reject", done: saysNothing, write: true}
	createHeadcount = endpoint{name: "v1/headcount create", method: http.MethodPost, path: "v1/headcount", done: saysHeadcount, write: true, slow: true}
	updateHeadcount = endpoint{name: "v1/headcount update", method: http.MethodPut, path: "v1/headcount/{}", done: saysHeadcount, write: true, slow: true}
	deleteHeadcount = endpoint{name: "v1/headcount delete", method: http.MethodDelete, path: "v1/headcount/{}", done: saysNothing, write: true, slow: true}
)
