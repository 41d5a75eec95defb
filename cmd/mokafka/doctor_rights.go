package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/mokafka/mokafka/publish"
)

// rights tells which rights of a role the user lacks who is configured here. It
// returns false where topics cannot be looked at for that.
func (e *examination) rights(ctx context.Context, client *kgo.Client) bool {
	const check = "rights"
	roles := []publish.Role{e.role}
	i, err := e.env.installation(roles)
	if err != nil {
		e.skip(check, "not looked at: the configuration is wrong")
		return true
	}
	i.ConsumerGroup = e.group
	wanted := i.Rights(e.role)
	missing, err := publish.MissingRights(ctx, client, i.Topics, wanted)
	switch {
	case errors.Is(err, publish.ErrRightsUnknown):
		e.skip(check, "not looked at: "+err.Error())
		return true
	case err != nil:
		e.doubt(check, "try again", "they could not all be looked at: %v", err)
		return true
	case len(missing) == 0:
		e.right(check, "the user may do all that %s needs: %d rights", e.role, len(wanted))
		return true
	}
	described := true
	for _, r := range missing {
		mend := kafkaACLs("User:"+cmp.Or(e.settings.Kafka.SASLUser, "NAME"), []publish.Right{r})[0]
		e.wrong(check, mend, "%s lacks %s: needed to %s", e.who(), r, r.Why)
		if r.Resource == publish.ResourceTopic && (r.Operation == "DescribeConfigs" || r.Operation == "Describe") {
			described = false
		}
	}
	return described
}

// who is the user as a person knows him.
func (e *examination) who() string {
	if user := e.settings.Kafka.SASLUser; user != "" {
		return fmt.Sprintf("the Kafka user %s", user)
	}
	return "the user of this certificate, token or address"
}
