package normalize

import (
	"strings"

	"github.com/mokafka/mokafka/schemas"
)

// The words and numbers Moka uses for what the schemas have as enums, in
// English and Chinese, as documented or seen.

// words turns "word|other word" by symbol into symbols by word.
func words[V ~string](by map[V]string) map[string]V {
	all := map[string]V{}
	for symbol, list := range by {
		for word := range strings.SplitSeq(list, "|") {
			all[word] = symbol
		}
	}
	return all
}

var genders = words(map[schemas.Gender]string{
	schemas.GenderMale:   "male|男",
	schemas.GenderFemale: "female|女",
})

var maritalStatuses = words(map[schemas.MaritalStatus]string{
	schemas.MaritalStatusSingle:       "single|未婚",
	schemas.MaritalStatusMarried:      "married|已婚",
	schemas.MaritalStatusDivorced:     "divorced|离异",
	schemas.MaritalStatusWidowed:      "widowed|丧偶",
	schemas.MaritalStatusCivilUnion:   "civilunion",
	schemas.MaritalStatusCohabitating: "cohabitating",
	schemas.MaritalStatusEngaged:      "engaged",
	schemas.MaritalStatusSeparated:    "separated",
})

var identityDocumentTypes = words(map[schemas.IdentityDocumentType]string{
	schemas.IdentityDocumentTypeIdCard:                     "1|id card|身份证",
	schemas.IdentityDocumentTypeHongKongIdCard:             "2|hong kong id card|香港身份证",
	schemas.IdentityDocumentTypeMacauIdCard:                "3|macau id card|澳门身份证",
	schemas.IdentityDocumentTypeTaiwanIdCard:               "4|taiwan id card|台湾身份证",
	schemas.IdentityDocumentTypePassport:                   "5|passport|护照",
	schemas.IdentityDocumentTypeOther:                      "6|other identity document|其他证件",
	schemas.IdentityDocumentTypeExitEntryPermitHkMacau:     "7",
	schemas.IdentityDocumentTypeMainlandTravelPermitTaiwan: "8",
	schemas.IdentityDocumentTypeForeignersWorkPermit:       "9",
	schemas.IdentityDocumentTypeForeignersResidencePermit:  "10",
})

var hireModes = words(map[schemas.HireMode]string{
	schemas.HireModeExperienced: "1|experienced hires|社招",
	schemas.HireModeCampus:      "2|campus recruitment|校招",
})

var sourceTypes = words(map[schemas.SourceType]string{
	schemas.SourceTypeActiveSearch:         "1|active search|主动搜索",
	schemas.SourceTypeDirectDelivery:       "2|direct delivery|主动投递",
	schemas.SourceTypeTalentRecommendation: "3|talent recommendation|人才推荐",
})

// The last word of each is what the older feeds filter by.
var stageTypes = words(map[schemas.StageType]string{
	schemas.StageTypeInitialScreen:     "100|初筛|initial screen|preliminary_filter",
	schemas.StageTypeOffer:             "101|offer|沟通offer",
	schemas.StageTypePendingOnboarding: "102|to be onboarded|待入职|pending_checkin",
	schemas.StageTypeSelected:          "200|筛选|selected|filter",
	schemas.StageTypeInterview:         "201|interview|面试",
	schemas.StageTypeTest:              "202|test|exam",
	schemas.StageTypeNoType:            "205|no type|none",
	schemas.StageTypeWorkTrial:         "206|work trial|work trail|试工|shigong",
})

var activityTypes = words(map[schemas.ActivityType]string{
	schemas.ActivityTypeAddCandidate: "add_candidate",
	schemas.ActivityTypeMoveStage:    "move_stage",
})

// 2 is not documented.
var headcountApprovalStatuses = words(map[schemas.HeadcountApprovalStatus]string{
	schemas.HeadcountApprovalStatusToInitiate: "0",
	schemas.HeadcountApprovalStatusInProgress: "1",
	schemas.HeadcountApprovalStatusDenied:     "3",
	schemas.HeadcountApprovalStatusCancelled:  "4",
})

var invitationUpdateStatuses = words(map[schemas.InvitationUpdateStatus]string{
	schemas.InvitationUpdateStatusNotInvited: "0|未邀请",
	schemas.InvitationUpdateStatusNotUpdated: "1|未更新",
	schemas.InvitationUpdateStatusUpdated:    "2|已更新",
})

var labelTypes = words(map[schemas.LabelType]string{
	schemas.LabelTypeSmart:  "1",
	schemas.LabelTypeManual: "2",
})

var attachmentTypes = words(map[schemas.AttachmentType]string{
	schemas.AttachmentTypeCandidateUploadAttachment:  "candidate_upload_attachment",
	schemas.AttachmentTypeUploadPortrait:             "upload_portrait",
	schemas.AttachmentTypeHrUploadAttachment:         "hr_upload_attachment",
	schemas.AttachmentTypeHmUploadAttachment:         "hm_upload_attachment",
	schemas.AttachmentTypeInterviewAccept:            "interview_accept",
	schemas.AttachmentTypeInterviewSignin:            "interview_signin",
	schemas.AttachmentTypeOfferAccept:                "offer_accept",
	schemas.AttachmentTypeMergeApplicationAttachment: "merge_application_attachment",
	schemas.AttachmentTypeInviteUpdateResume:         "invite_update_resume",
})

var examTypes = words(map[schemas.ExamType]string{
	schemas.ExamTypeExam:       "exam|考试",
	schemas.ExamTypeEvaluation: "evaluation|assessment|测评",
})

var jobStatuses = words(map[schemas.JobStatus]string{
	schemas.JobStatusOpen:   "open",
	schemas.JobStatusClosed: "closed",
})

var offerStatuses = words(map[schemas.OfferStatus]string{
	schemas.OfferStatusNotCreated: "notcreated|未创建",
	schemas.OfferStatusPending:    "pending|未发送",
	schemas.OfferStatusSent:       "sent|待接受",
	schemas.OfferStatusAccepted:   "accepted|已接收",
	schemas.OfferStatusRejected:   "rejected|已拒绝",
})

// The English document writes INPROGRES where the Chinese one and the v2 answers
// have INPROGRESS.
var approvalStatuses = words(map[schemas.ApprovalStatus]string{
	schemas.ApprovalStatusUninitiated: "uninitiated|未发起",
	schemas.ApprovalStatusInProgress:  "inprogress|inprogres|审批中",
	schemas.ApprovalStatusApproved:    "approved|已通过",
	schemas.ApprovalStatusRejected:    "rejected|已驳回",
	schemas.ApprovalStatusRecalled:    "recalled|已撤回",
})

// The English document calls 3 hourly too; the Chinese one has 月薪.
var salaryTypes = words(map[schemas.SalaryType]string{
	schemas.SalaryTypeHourly:  "1",
	schemas.SalaryTypeDaily:   "2",
	schemas.SalaryTypeMonthly: "3|月薪",
	schemas.SalaryTypeAnnual:  "4",
})

var offerAttachmentTypes = words(map[schemas.OfferAttachmentType]string{
	schemas.OfferAttachmentTypeForCandidate: "0",
	schemas.OfferAttachmentTypeForApprover:  "1",
	schemas.OfferAttachmentTypeOffer:        "2",
})

var offerAnswerChannels = words(map[schemas.OfferAnswerChannel]string{
	schemas.OfferAnswerChannelCandidate: "1",
	schemas.OfferAnswerChannelHr:        "2",
	schemas.OfferAnswerChannelApi:       "3",
})

var interviewTypes = words(map[schemas.InterviewType]string{
	schemas.InterviewTypeOnsite:     "1|on-site interview|现场面试",
	schemas.InterviewTypeGroup:      "2|group interview|集体面试",
	schemas.InterviewTypePhone:      "3|phone interview|电话面试",
	schemas.InterviewTypeVideo:      "4|video interview|视频面试",
	schemas.InterviewTypeSequential: "5|sequential interview",
})

// Open and Closed are how the document of the list words what it shows as the
// others.
var interviewStatuses = words(map[schemas.InterviewStatus]string{
	schemas.InterviewStatusUnfinished: "unfinished|未结束|open",
	schemas.InterviewStatusFinished:   "finished|已结束|closed|2",
	schemas.InterviewStatusCancelled:  "cancelled|canceled|已取消",
})

var attendanceStatuses = words(map[schemas.AttendanceStatus]string{
	schemas.AttendanceStatusNoFeedback: "no feedback|candidate no feedback|候选人未反馈",
	schemas.AttendanceStatusNoShow:     "no show|candidate no show|候选人未到场",
	schemas.AttendanceStatusRejected:   "rejected|candidate rejected|候选人已拒绝",
	schemas.AttendanceStatusAccepted:   "accepted|candidate accepted|候选人已接受",
})
