package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/mokafka/mokafka/ingest/poll"
	"github.com/mokafka/mokafka/internal/moka"
)

const (
	// clockDoubt is the difference of clocks that polling is made for; from
	// clockWrong on, times of Moka's are taken for slips.
	clockDoubt = 2 * time.Minute
	clockWrong = 10 * time.Minute
	// fewCalls a minute leave polling slow.
	fewCalls = 15
)

// mokaChecks asks Moka's API what polling would. It makes a handful of calls.
func (e *examination) mokaChecks(ctx context.Context) {
	p := &e.settings.Polling
	switch {
	case !e.sound[p]:
		e.skip("Moka's API", "not asked: its configuration is wrong")
		return
	case !p.Feeds.On():
		e.right("polling", "off: webhooks are all that is taken (POLL_APPLICATIONS=off)")
		return
	}
	e.quota()
	cfg := p.API
	cfg.Timeout = min(cfg.Timeout, 2*e.timeout)
	client, err := moka.New(cfg, moka.Deps{Attempts: 1, Location: e.settings.Moka.zone(), Log: e.quiet()})
	if err != nil {
		e.wrong("Moka's API", "", "%v", err)
		return
	}
	defer client.CloseIdle()
	page, err := client.Applications(ctx, moka.ClassRefetch, moka.ApplicationsQuery{UpdatedFrom: e.now().Add(-time.Minute), Limit: 1})
	if e.unreachable(err) {
		return
	}
	has := map[string]error{poll.ApplicationsV2: err}
	if err != nil {
		page, has[poll.ApplicationsV1] = client.ApplicationsV1(ctx, moka.ClassRefetch, moka.ApplicationsV1Query{
			Stage: moka.StageOfferOrCheckin, MovedFrom: e.now().Add(-time.Minute), Limit: 1,
		})
		var moved moka.Page
		moved, has[poll.ApplicationsMoved] = client.MovedApplications(ctx, moka.ClassRefetch, moka.MovedQuery{From: e.now()})
		if page.Date.IsZero() {
			page = moved
		}
	}
	e.applicationsFeed(has)
	e.clocks(page)
	e.otherFeeds(ctx, client)
}

// unreachable says what is wrong with the address or the credentials, if anything
// is.
func (e *examination) unreachable(err error) bool {
	at := e.settings.Polling.API.BaseURL
	var refusal *moka.Error
	_ = errors.As(err, &refusal)
	var dns *net.DNSError
	switch kind := moka.KindOf(err); {
	case err == nil:
		e.right("Moka's API", "%s answers, and accepts the credentials", at)
		return false
	case kind == moka.KindAuth:
		e.wrong("Moka's API", "check "+e.credentialNames()+": a key that was given out anew, or revoked, is refused like this",
			"%s answers, and does not accept the credentials: %s", at, refusal.Message)
	case errors.As(err, &dns):
		e.wrong("Moka's API", "check MOKA_BASE_URL", "there is no host %s", dns.Name)
	case kind == moka.KindTransient && refusal.Status == 0:
		e.wrong("Moka's API", "check MOKA_BASE_URL and the network between", "%s does not answer: %v", at, refusal.Err)
	case kind == moka.KindQuota:
		e.doubt("Moka's API", "wait a minute, and look at who else uses the account",
			"%s answers, accepts the credentials and has no call left at the moment: what the account may read was not looked at", at)
	default:
		return false
	}
	return true
}

func (e *examination) credentialNames() string {
	if e.settings.Polling.API.ClientID != "" {
		return "MOKA_CLIENT_ID and MOKA_CLIENT_SECRET"
	}
	return "MOKA_API_KEY"
}

// applicationsFeed says which of the feeds of applications answered.
func (e *examination) applicationsFeed(has map[string]error) {
	set := e.settings.Polling.Feeds.Applications
	best, why := "", make([]string, 0, len(has))
	for _, feed := range []string{poll.ApplicationsV2, poll.ApplicationsV1, poll.ApplicationsMoved} {
		err, asked := has[feed]
		switch {
		case asked && best == "" && canRead(feed, err):
			best = feed
		case asked && err != nil:
			why = append(why, fmt.Sprintf("%s: %v", feed, err))
		}
	}
	refused := strings.Join(why, "\n")
	switch {
	case best == "":
		e.wrong("applications", "check MOKA_BASE_URL (it ends in /api-platform), or ask Moka which of them the account may read",
			"none of their feeds can be read\n%s", refused)
	case best == set:
		e.right("applications", "POLL_APPLICATIONS=%s can be read", set)
	case best == poll.ApplicationsV2:
		e.doubt("applications", "set POLL_APPLICATIONS=v2", "POLL_APPLICATIONS=%s, and v2, which shows more, can be read", set)
	case canRead(set, has[set]):
		e.doubt("applications", "set POLL_APPLICATIONS="+best, "POLL_APPLICATIONS=%s, and %s, which shows more, can be read", set, best)
	default:
		e.wrong("applications", "set POLL_APPLICATIONS="+best, "POLL_APPLICATIONS=%s cannot be read\n%s", set, refused)
	}
}

// canRead: v1 answers with a server error where nobody is in the stages that it
// shows, as Moka documents.
func canRead(feed string, err error) bool {
	var refusal *moka.Error
	return err == nil || feed == poll.ApplicationsV1 && errors.As(err, &refusal) && refusal.Kind == moka.KindTransient && refusal.Status != 0
}

func (e *examination) clocks(page moka.Page) {
	if page.Date.IsZero() {
		e.doubt("clocks", "", "Moka does not say what time it is: whether the clocks agree is not known")
		return
	}
	ahead := page.Date.Sub(page.Began).Round(time.Second)
	text := "they agree to the second or two that can be seen"
	switch {
	case ahead.Abs() > 2*time.Second && ahead > 0:
		text = "Moka's is ahead of ours by " + ahead.String()
	case ahead.Abs() > 2*time.Second:
		text = "Moka's is behind ours by " + (-ahead).String()
	}
	const mend = "have this machine's clock set by the network (NTP)"
	switch {
	case ahead.Abs() > clockWrong:
		e.wrong("clocks", mend, "%s: times of Moka's are taken for slips", text)
	case ahead.Abs() > clockDoubt:
		e.doubt("clocks", mend, "%s: what is new may be seen late", text)
	default:
		e.right("clocks", "%s", text)
	}
}

// otherFeeds asks those that are polled besides.
func (e *examination) otherFeeds(ctx context.Context, client *moka.Client) {
	f, today := e.settings.Polling.Feeds, e.now()
	for _, other := range []struct {
		name, variable string
		every          time.Duration
		ask            func() error
	}{
		{"headcounts", "POLL_HEADCOUNTS_INTERVAL", f.HeadcountsInterval, func() error {
			_, err := client.Headcounts(ctx, moka.ClassRefetch, moka.FeedQuery{From: today, Limit: 1})
			return err
		}},
		{"interviews", "POLL_INTERVIEWS_INTERVAL", f.InterviewsInterval, func() error {
			_, err := client.Interviews(ctx, moka.ClassRefetch, moka.InterviewsQuery{From: today, Until: today})
			return err
		}},
		{"feedbacks", "POLL_FEEDBACKS_INTERVAL", f.FeedbacksInterval, func() error {
			_, err := client.InterviewerFeedbacks(ctx, moka.ClassRefetch, moka.FeedQuery{From: today, Limit: 1})
			return err
		}},
	} {
		if other.every == 0 {
			e.right(other.name, "not polled (%s=0)", other.variable)
			continue
		}
		if err := other.ask(); err != nil {
			e.doubt(other.name, "ask Moka for the right to read them, or set "+other.variable+"=0", "they cannot be read: %v", err)
			continue
		}
		e.right(other.name, "can be read")
	}
}

func (e *examination) quota() {
	p := e.settings.Polling
	all, left := p.Quota.PerMinute, p.share().PerMinute
	text := fmt.Sprintf("of %d calls a minute, %d are kept for write-back, and polling has %d", all, p.Kept.PerMinute, left)
	if left < fewCalls {
		e.doubt("quota", "raise MOKA_QUOTA_PER_MINUTE if Moka allows it, or lower WRITEBACK_QUOTA_PER_MINUTE (0 where no write-back runs)",
			"%s: what happens is seen late", text)
		return
	}
	e.right("quota", "%s", text)
}
