package payload

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strconv"
	"time"

	"github.com/mokafka/mokafka/internal/mokasim/company"
)

// pushed is the data of pushCandidate for an application as it is. Signed links
// are made anew at every push, as Moka does: they differ from push to push.
func pushed(app *company.Application, now time.Time) candidateData {
	who := app.Candidate
	data := candidateData{
		ApplicationID: app.ID, CandidateID: who.ID, MovedAt: iso(app.MovedAt),
		Name: who.Name, PrefixPhone: "86", Phone: who.Phone, Email: who.Email,
		Gender: "男", GenderCode: 0, CreatedAt: iso(app.CreatedAt),
		BirthYear: who.Born.Year(), BirthDate: iso(who.Born), Nationality: "中国", NationalityCode: 3,
		Experience: who.Experience, Ethnic: who.Ethnic, EthnicCode: 2,
		CertificateType: 1, CitizenID: who.CitizenID,
		NativePlace: who.NativePlace.Name, NativePlaceCode: who.NativePlace.Code, Location: who.Location,
		Archived: !app.Open(),
		Source:   app.Source, SourceList: sourcesOf(app.Source), SourceType: 2,
		AcademicDegree: who.Education[0].Degree, DegreeCode: who.Education[0].Code,
		LastSpeciality: who.Education[0].Major, Married: "未婚",
		JobCommitment: app.Job.Commitment, HireMode: 1, FinishedAt: iso(app.Job.FinishBy),
		ResumeKey: who.ResumeKey, StageName: app.Stage.Name, Operator: personOf(app.PushedBy),
		Job: jobOf(app.Job), JobManager: managerOf(app.Job.Manager),

		Officeweb365:     signed("preview", app.ID, now, time.Hour),
		Officeweb365Page: signed("preview-print", app.ID, now, time.Hour),
		PortraitURL:      signed("portrait", who.ID, now, time.Hour),
		ResumeURL:        signed("resume", app.ID, now, 48*time.Hour),
		FeedbackURL:      signed("feedback", app.ID, now, time.Hour),
		ExternalLink:     "https://cdn.moka.example/forward/candidate/info?access_token=" + token("external", app.ID, now),

		CustomFields: customFields(who, app), Interviewers: feedbacks(app), Extended: []feedback{},
		Headcounts: headcountsOf(app.Job), Offer: offerOf(app),
		Labels: []label{{76, app.Label}}, Remarks: []remark{}, Owners: ownerOf(app.Owner),
		EHRFields: []namedValue{{"extendDepartmentId", app.Job.Department.Code}, {"syncBatch", "手工"}},
	}
	if who.Female {
		data.Gender, data.GenderCode = "女", 1
	}
	if who.Married {
		data.Married = "已婚"
	}
	if archive := app.Archived(); archive != nil {
		data.ArchivedAt, data.ArchiveReasons = isoOrNil(archive.At), &archive.Reason.Name
	}
	if app.Referrer != nil {
		referrer := personOf(app.Referrer)
		data.Referrer, data.SourceType = &referrer, 3
	}
	files(&data, app, now)
	resume(&data, who)
	for _, its := range app.Job.Ranks {
		data.JobRanks = append(data.JobRanks, rank{its.Name, its.Type, its.Level})
	}
	for _, its := range app.Remarks {
		data.Remarks = append(data.Remarks, remarkOf(its))
	}
	return data
}

func files(data *candidateData, app *company.Application, now time.Time) {
	data.Attachments = []attachment{{
		Name: "附件<简历>.pdf", Size: 1024 + int(app.ID%4096), URL: signed("attachment", app.ID, now, 48*time.Hour),
		Type: "CANDIDATE_UPLOAD_ATTACHMENT", FieldID: 1, FieldName: "上传简历",
	}}
	if app.Offer != nil {
		data.OfferFile = &link{signed("offer", app.ID, now, 48*time.Hour)}
	}
	data.ExamLinks = []namedLink{{"入职测评", "https://exam.moka.example/r/" + strconv.FormatInt(app.ID, 36)}}
	data.ExamFiles = []namedLink{{"测评报告", signed("exam", app.ID, now, time.Hour)}}
}

func sourcesOf(name string) []source {
	id := int64(4)
	return []source{{Name: "招聘渠道", Builtin: true}, {ID: &id, Name: name, Builtin: true}}
}

func jobOf(its *company.Job) job {
	return job{
		Title: its.Title, Department: its.Department.Name, Code: strconv.Itoa(its.Department.Code),
		ParentCode: strconv.Itoa(its.Department.ParentCode), DepartmentPath: its.Department.Path,
		Competency: its.Competency, ID: its.ID, Description: its.Description,
		CustomFields: []namedValue{{"职位-年月", its.OpenedAt.Format("2006-01")}},
	}
}

func personOf(its *company.Employee) person {
	return person{its.Name, its.Email, its.Phone, its.Number}
}

func managerOf(its *company.Employee) jobPerson {
	return jobPerson{its.Name, its.Email, its.Phone, its.Number}
}

func ownerOf(its *company.Employee) owner { return owner{its.Name, its.Phone, its.Email, its.Number} }

func remarkOf(its company.Remark) remark {
	to := remarkPerson{its.To.Name, its.To.Phone, its.To.Email, its.To.Number}
	private := 0
	if its.Private {
		private = 1
	}
	return remark{
		Creator: remarkPerson{its.By.Name, its.By.Phone, its.By.Email, its.By.Number},
		Content: fmt.Sprintf("%s@[%s](%d) ", its.Text, its.To.Name, its.To.ID), Targets: []remarkPerson{to},
		Private: private, Type: "人工填写", CreatedAt: iso(its.At),
	}
}

// signed is a link of the form Moka's storage gives out, valid for a time.
func signed(what string, id int64, now time.Time, valid time.Duration) string {
	sum := digest(what, id, now)
	return fmt.Sprintf("https://cdn.moka.example/%s-%d.pdf?OSSAccessKeyId=SIMULATED&Expires=%d&Signature=%s",
		what, id, now.Add(valid).Unix(), base64.StdEncoding.EncodeToString(sum[:15]))
}

func token(what string, id int64, now time.Time) string {
	sum := digest(what, id, now)
	return hex.EncodeToString(sum[:16])
}

func digest(what string, id int64, now time.Time) [sha256.Size]byte {
	return sha256.Sum256(fmt.Appendf(nil, "%s/%d/%d", what, id, now.UnixNano()))
}
