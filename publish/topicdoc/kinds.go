package topicdoc

import "github.com/mokafka/mokafka/publish"

// kind is a type of event: its symbol in the schema, what Moka's users call it,
// and when there is one.
type kind struct{ symbol, chinese, when string }

const firstSight = "the first that mokafka hears of it, also where Moka speaks of an update. `before` is null. `op` is `CREATE`, or `SNAPSHOT` where a backfill (or a replay) read it: then it is not new, only new here"

// kindsOf are the types of a family's events, as its enum has them but UNKNOWN.
func kindsOf(f publish.Family) []kind {
	switch f {
	case publish.Candidates:
		return candidateKinds()
	case publish.Offers:
		return offerKinds()
	case publish.Interviews:
		return interviewKinds()
	case publish.Headcounts:
		return headcountKinds()
	}
	return nil
}

func candidateKinds() []kind {
	return []kind{
		{"CREATED", "新增申请", firstSight + ". Stages that it went through before are in `after.activities`, and are no events"},
		{"UPDATED", "信息变更", "something changed that no other type tells of; `changed_fields` says what"},
		{"STAGE_MOVED", "阶段流转", "the application is in another stage. `transition` says from where to where, when, by whom, and how long it had been in the old one. Where Moka's log has several moves since the last look, each is an event of its own, in order"},
		{"ARCHIVED", "归档", "the application was archived, for another reason than hiring or leaving; `after.archive_reason`"},
		{"RESTORED", "取消归档", "an archived application is open again"},
		{"HIRED", "已入职", "the person was marked as hired: the date of it, or an archive reason that says so (已入职, 入职)"},
		{"RESIGNED", "离职", "the person has left: the date of it, or an archive reason that says so (已离职, 离职)"},
		{"PUSHED", "推送 EHR", "an HR user pressed \"Import EHR\" (推送). It is an act of its own: there is one also where nothing changed, and `changed_fields` has all that the push changed. A stage that it shows for the first time is no `STAGE_MOVED` beside it"},
		{"DELETED", "删除", "the application is not in Moka any more, seen twice some minutes apart. `after` is null. Its offer and interviews are deleted with it, in their topics"},
	}
}

func offerKinds() []kind {
	return []kind{
		{"CREATED", "创建 Offer", firstSight},
		{"UPDATED", "修改 Offer", "something changed that no other type tells of; `changed_fields` says what"},
		{"APPROVAL_CHANGED", "Offer 审批", "the approval (`after.approval_status`) changed, and the status did not become one of the following"},
		{"SENT", "已发送", "the offer was sent to the candidate. One that was sent and answered between two looks is two events"},
		{"ACCEPTED", "已接受", "the candidate accepted it, or HR on the candidate's behalf"},
		{"REJECTED", "已拒绝", "the candidate rejected it, or HR on the candidate's behalf"},
		{"DELETED", "删除 Offer", "Moka shows the application without an offer, or the application itself is gone. `after` is null"},
	}
}

func interviewKinds() []kind {
	return []kind{
		{"CREATED", "安排面试", firstSight},
		{"UPDATED", "修改面试", "something changed that no other type tells of: interviewers, room, link; `changed_fields` says what"},
		{"RESCHEDULED", "改期", "its beginning or end is at another time (`starts_at`, `ends_at`)"},
		{"CANCELLED", "取消面试", "its status became cancelled. It may still be in Moka"},
		{"FEEDBACK_SUBMITTED", "面试反馈", "an interviewer's feedback came in, or changed (`after.feedbacks`). Feedback of which Moka does not say the interview is an interview of its own, whose id begins otherwise: its first is a `CREATED`"},
		{"DELETED", "删除面试", "Moka says that it was deleted, or its application is gone. `after` is null"},
	}
}

func headcountKinds() []kind {
	return []kind{
		{"CREATED", "新增招聘需求", firstSight},
		{"UPDATED", "修改招聘需求", "something changed that no other type tells of; `changed_fields` says what"},
		{"STATUS_CHANGED", "需求状态变更", "its status changed (`after.status`, Moka's own word: `unstart`, `ongoing`, …)"},
		{"DELETED", "删除招聘需求", "the headcount is not in Moka any more. `after` is null"},
	}
}
