package publish

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// ErrRightsUnknown says that the brokers do not tell what one may do.
var ErrRightsUnknown = errors.New("the brokers do not say what this user may do")

// MissingRights asks the brokers which of the rights the client's user lacks, and
// changes nothing. What is asked of groups and transactional ids is the heartbeat of
// a member, and the end of a transaction, that do not exist: whoever has the right is
// told so. Names that are prefixes are tried with "doctor" after them, prefixes of
// topics with the topics of the catalogue.
func MissingRights(ctx context.Context, client *kgo.Client, cfg TopicConfig, rights []Right) ([]Right, error) {
	mayTopic, err := topicRights(ctx, client, cfg)
	if err != nil {
		return nil, err
	}
	var missing []Right
	for _, r := range rights {
		has := false
		switch r.Resource {
		case ResourceTopic:
			has = mayTopic(r)
		case ResourceGroup:
			has, err = mayReadGroup(ctx, client, probeName(r))
		case ResourceTransactional:
			has, err = mayTransact(ctx, client, probeName(r))
		}
		if err != nil {
			return missing, fmt.Errorf("ask for the right to %s: %w", r, err)
		}
		if !has {
			missing = append(missing, r)
		}
	}
	return missing, nil
}

// probeName is one of those that a right is about.
func probeName(r Right) string {
	if r.Prefixed {
		return r.Name + "doctor"
	}
	return r.Name
}

// topicRights asks for what may be done with each topic of the catalogue.
func topicRights(ctx context.Context, client *kgo.Client, cfg TopicConfig) (func(Right) bool, error) {
	req := kmsg.NewPtrMetadataRequest()
	req.IncludeTopicAuthorizedOperations = true
	for _, s := range Catalogue(cfg) {
		topic := kmsg.NewMetadataRequestTopic()
		topic.Topic = kmsg.StringPtr(s.Name)
		req.Topics = append(req.Topics, topic)
	}
	resp, err := req.RequestWith(ctx, client)
	if err != nil {
		return nil, fmt.Errorf("ask what may be done with the topics: %w", err)
	}
	allowed := map[string][]string{} // by topic; absent: it is not there
	for _, topic := range resp.Topics {
		if topic.Topic == nil {
			continue
		}
		switch err := kerr.ErrorForCode(topic.ErrorCode); {
		case errors.Is(err, kerr.TopicAuthorizationFailed):
			// The one right that can be had without that to describe a topic.
			names, err := mayDescribeConfigs(ctx, client, *topic.Topic)
			if err != nil {
				return nil, err
			}
			allowed[*topic.Topic] = names
		case err != nil: // not there, or without a leader at the moment
		case topic.AuthorizedOperations == math.MinInt32:
			return nil, ErrRightsUnknown
		default:
			names := []string{}
			for _, op := range kadm.DecodeACLOperations(topic.AuthorizedOperations) {
				names = append(names, operationName(op.String()))
			}
			allowed[*topic.Topic] = names
		}
	}
	return func(r Right) bool {
		for topic, names := range allowed {
			if (topic == r.Name || r.Prefixed && strings.HasPrefix(topic, r.Name)) && !slices.Contains(names, r.Operation) {
				return false
			}
		}
		return true
	}, nil
}

func mayDescribeConfigs(ctx context.Context, client *kgo.Client, topic string) ([]string, error) {
	configs, err := kadm.NewClient(client).DescribeTopicConfigs(ctx, topic)
	if err == nil {
		_, err = configs.On(topic, func(c *kadm.ResourceConfig) error { return c.Err })
	}
	switch has, err := judged(err, kerr.TopicAuthorizationFailed); {
	case err != nil:
		return nil, fmt.Errorf("ask what may be done with %s: %w", topic, err)
	case has:
		return []string{"DescribeConfigs"}, nil
	}
	return nil, nil
}

// operationName turns Kafka's DESCRIBE_CONFIGS into DescribeConfigs.
func operationName(upper string) string {
	var b strings.Builder
	for word := range strings.SplitSeq(upper, "_") {
		b.WriteString(word[:1] + strings.ToLower(word[1:]))
	}
	return b.String()
}

func mayReadGroup(ctx context.Context, client *kgo.Client, group string) (bool, error) {
	req := kmsg.NewPtrHeartbeatRequest()
	req.Group, req.Generation, req.MemberID = group, -1, "nobody"
	resp, err := req.RequestWith(ctx, client)
	if err == nil {
		err = kerr.ErrorForCode(resp.ErrorCode)
	}
	return judged(err, kerr.GroupAuthorizationFailed)
}

func mayTransact(ctx context.Context, client *kgo.Client, id string) (bool, error) {
	req := kmsg.NewPtrEndTxnRequest()
	req.TransactionalID, req.ProducerID, req.ProducerEpoch = id, math.MaxInt64, 0
	resp, err := req.RequestWith(ctx, client)
	if err == nil {
		err = kerr.ErrorForCode(resp.ErrorCode)
	}
	return judged(err, kerr.TransactionalIDAuthorizationFailed)
}

// judged tells what an answer says of a right: any word of Kafka's but the refusal
// comes after the right was looked at.
func judged(err error, refusal *kerr.Error) (bool, error) {
	var said *kerr.Error
	switch {
	case errors.Is(err, refusal):
		return false, nil
	case err == nil, errors.As(err, &said) && !said.Retriable:
		return true, nil
	}
	return false, err
}
