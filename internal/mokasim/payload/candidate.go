package payload

// candidateData is the data of pushCandidate, in the order of the documented
// sample; fields after a comment "table" are in the field table only.
type candidateData struct {
	ApplicationID    int64     `json:"applicationId"`
	CandidateID      int64     `json:"candidateId"`
	MovedAt          string    `json:"moved_at"`
	Name             string    `json:"name"`
	PrefixPhone      string    `json:"prefixPhone"` // table
	Phone            string    `json:"phone"`
	Email            string    `json:"email"`
	Gender           string    `json:"gender"`
	CreatedAt        string    `json:"created_at"`
	BirthYear        int       `json:"birthYear"`
	BirthDate        string    `json:"birthDate"`
	Nationality      string    `json:"nationality"`
	Experience       int       `json:"experience"`
	Ethnic           string    `json:"ethnic"`
	ForwardLocation  *string   `json:"forwardLocation"`
	Salary           string    `json:"salary"`
	AimSalary        *string   `json:"aimSalary"`
	CertificateType  int       `json:"certificateType"`
	CitizenID        string    `json:"citizenId"`
	NativePlace      string    `json:"nativePlace"`
	Location         string    `json:"location"`
	Archived         bool      `json:"archived"`       // table
	ArchivedAt       *string   `json:"archivedAt"`     // table
	ArchiveReasons   *string   `json:"archiveReasons"` // table
	Source           string    `json:"source"`
	SourceList       []source  `json:"sourceList"`
	SourceType       int       `json:"sourceType"`
	AcademicDegree   string    `json:"academicDegree"`
	LastSpeciality   string    `json:"lastSpeciality"`
	Married          string    `json:"married"`
	JobCommitment    string    `json:"jobCommitment"`
	HireMode         int       `json:"hireMode"`
	FinishedAt       string    `json:"finishedAt"`
	ResumeKey        string    `json:"resumeKey"`
	StageName        string    `json:"stageName"`
	Probation        *int      `json:"probation"`
	LastCompany      *string   `json:"lastCompany"`
	Operator         person    `json:"operator"`
	NativePlaceCode  int       `json:"nativePlaceCode"`
	NationalityCode  int       `json:"nationalityCode"`
	GenderCode       int       `json:"genderCode"`
	DegreeCode       int       `json:"academicDegreeCode"`
	EthnicCode       int       `json:"ethnicCode"`
	Job              job       `json:"job"`
	JobManager       jobPerson `json:"jobManager"`
	Officeweb365     string    `json:"officeweb365Url"`
	Officeweb365Page string    `json:"officeweb365PrintUrl"`
	ResumePDF        *string   `json:"resumePdfMeta"`
	PortraitURL      string    `json:"portraitUrl"`
	ResumeURL        string    `json:"resumeUrl"`

	Education    []education   `json:"educationInfo"`
	Work         []work        `json:"experienceInfo"`
	CustomFields []customField `json:"customFields"`
	Interviewers []feedback    `json:"interviewers"`
	FeedbackURL  string        `json:"interviewFeedbackUrl"`
	Extended     []feedback    `json:"extendedInterviewers"`
	ExtendedURL  string        `json:"extendedInterviewerFeedbackUrl"`
	Referrer     *person       `json:"referrer"`
	Headcounts   []headcount   `json:"headcountInfo"`
	JobRanks     []rank        `json:"jobRanksInfo"`
	Offer        *offer        `json:"offer"`
	Attachments  []attachment  `json:"attachments"`
	OfferFile    *link         `json:"offerAttachment,omitempty"` // documented as absent by default
	ExamLinks    []namedLink   `json:"examReportLinks"`
	ExamFiles    []namedLink   `json:"examAttachments"`
	Projects     []project     `json:"projectInfo"`
	Languages    []language    `json:"languageInfo"`
	EHRFields    []namedValue  `json:"ehrCustomFields"`
	ExternalLink string        `json:"ehrCandidateExternalLink"`
	Labels       []label       `json:"label"`
	Remarks      []remark      `json:"remarks"`
	Owners       owner         `json:"owners"`
}

type source struct {
	ID      *int64 `json:"id,omitempty"` // the first level has none
	Name    string `json:"name"`
	Builtin bool   `json:"isBuiltin"`
}

type person struct {
	Name   string `json:"name"`
	Email  string `json:"email"`
	Phone  string `json:"phone"`
	Number string `json:"number"`
}

type jobPerson struct {
	Name       string `json:"name"`
	Email      string `json:"email"`
	Phone      string `json:"phone"`
	EmployeeID string `json:"employeeId"`
}

type owner struct {
	Name       string `json:"name"`
	Phone      string `json:"phone"`
	Email      string `json:"email"`
	EmployeeID string `json:"employee_id"`
}

type job struct {
	Title          string       `json:"title"`
	Department     string       `json:"department"`
	Code           string       `json:"departmentCode"`
	ParentCode     string       `json:"parentDepartmentCode"`
	DepartmentPath string       `json:"departmentPath"`
	Competency     string       `json:"competencyType"`
	ID             string       `json:"jobId"`
	Description    string       `json:"jobDescription"`
	CustomFields   []namedValue `json:"customFields"`
}

type education struct {
	Start  string `json:"startDate"`
	End    string `json:"endDate"`
	Now    bool   `json:"now"`
	School string `json:"school"`
	Major  string `json:"speciality"`
	Degree string `json:"academicDegree"`
}

type work struct {
	Start     string `json:"startDate"`
	End       string `json:"endDate"`
	Now       bool   `json:"now"`
	Company   string `json:"company"`
	Title     string `json:"title"`
	Summary   string `json:"summary"`
	Reason    string `json:"reasonForLeaving"`
	Reporting string `json:"underlingNumber"`
}

type project struct {
	Start   string `json:"startDate"`
	End     string `json:"endDate"`
	Name    string `json:"projectName"`
	Title   string `json:"title"`
	Summary string `json:"projectDescript"`
	Duties  string `json:"responsibilities"`
	Now     bool   `json:"now"`
}

type language struct {
	Language string `json:"language"`
	Level    string `json:"level"`
	Speaking string `json:"listenAndSpeak"`
	Writing  string `json:"readAndWrite"`
}

type customField struct {
	Name    string  `json:"name"`
	Value   any     `json:"value"` // text, number, boolean, list or period
	Now     *bool   `json:"now,omitempty"`
	Section string  `json:"section"`
	Index   int     `json:"index"`
	Codes   *string `json:"codes,omitempty"` // table
}

type period struct {
	Start string `json:"startDate"`
	End   string `json:"endDate"`
}

type namedValue struct {
	Name  string `json:"name"`
	Value any    `json:"value"`
}

type headcount struct {
	ID     int64  `json:"id"`
	Number string `json:"number"`
	Name   string `json:"name"`
	Status string `json:"status"`
}

type rank struct {
	Name  string `json:"name"`
	Type  string `json:"type"`
	Level int    `json:"level"`
}

type attachment struct {
	Name      string `json:"name"`
	Size      int    `json:"size"`
	URL       string `json:"url"`
	Type      string `json:"type"`
	FieldID   int64  `json:"customFieldId"`
	FieldName string `json:"customFieldName"`
}

type link struct {
	URL string `json:"url"`
}

type namedLink struct {
	Name string `json:"name"`
	URL  string `json:"url"`
}

type label struct {
	ID    int64  `json:"id"`
	Label string `json:"label"`
}

type remarkPerson struct {
	Name   string `json:"name"`
	Phone  string `json:"phone"`
	Email  string `json:"email"`
	Number string `json:"number"`
}

type remark struct {
	Creator   remarkPerson   `json:"creator"`
	Content   string         `json:"content"`
	Targets   []remarkPerson `json:"targets"`
	Private   int            `json:"is_private"` // 1 private, 0 public
	Type      string         `json:"type"`
	CreatedAt string         `json:"created_at"`
}
