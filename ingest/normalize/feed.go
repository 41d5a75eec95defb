package normalize

import (
	"strings"

	"github.com/mokafka/mokafka/schemas"
)

// FeedOf is the feed that the endpoint of an entry shows an entity by: what was
// pushed shows interviews by a webhook of their own. It is UNKNOWN of endpoints
// that this package does not read.
func FeedOf(endpoint string, interview bool) schemas.Feed {
	switch endpoint {
	case "v2/data/ehrApplications":
		return schemas.FeedEhrApplicationsV2
	case "v1/data/ehrApplications":
		return schemas.FeedEhrApplicationsV1
	case "v1/data/movedApplications", "v1/data/moved_applications":
		return schemas.FeedMovedApplications
	case "v1/data/headcounts":
		return schemas.FeedHeadcountFeed
	case "v1/headcount":
		return schemas.FeedHeadcountDetail
	case "v1/interviews":
		return schemas.FeedInterviewList
	case "v1/data/interviewer_feedbacks":
		return schemas.FeedFeedbackFeed
	case "sweep":
		return schemas.FeedSweep
	}
	switch {
	case !strings.HasPrefix(endpoint, doors):
		return schemas.FeedUnknown
	case interview:
		return schemas.FeedWebhookInterview
	default:
		return schemas.FeedWebhookPush
	}
}
