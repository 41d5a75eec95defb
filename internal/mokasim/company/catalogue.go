package company

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// The company's stages, in the order of its pipeline.
const (
	stageScreen = iota
	stageReview
	stageInterview
	stageOffer
	stageOnboarding
)

func pipeline(base int64) []*Stage {
	return []*Stage{
		stageScreen:     {base + 1, "初筛", 100},
		stageReview:     {base + 2, "用人部门筛选", 200},
		stageInterview:  {base + 3, "面试", 201},
		stageOffer:      {base + 4, "沟通offer", 101},
		stageOnboarding: {base + 5, "待入职", 102},
	}
}

func departments() []*Department {
	return []*Department{
		{Name: "产品创新部", Code: 30, ParentCode: 10, Path: "产研部/产品创新部"},
		{Name: "平台研发部", Code: 31, ParentCode: 10, Path: "产研部/平台研发部"},
		{Name: "运维部", Code: 6758, ParentCode: 6836, Path: "信息物流中心/运维部"},
		{Name: "华东销售部", Code: 52, ParentCode: 50, Path: "销售中心/华东销售部"},
	}
}

const (
	jobTitles    = "高级Go工程师 数据平台架构师 招聘运营经理 大客户销售 站点可靠性工程师 产品经理(HR&SaaS)"
	competencies = "研发类 产品类 职能类 销售类"
	rankNames    = "初级 资深 专家"
	sources      = "拉勾 内部推荐 官网投递 猎聘"
	labels       = "特别厉害 重点跟进 FisH"
	archiving    = "福利待遇不满足 工作地点较远 对公司业务不感兴趣 能力不匹配"
	grades       = "P5 P6 P7 P8"
	offices      = "北京市海淀区中关村方正国际大厦1001 上海市黄浦区滨江路18号 杭州市余杭区文一西路9号"
)

func (c *Company) hireStaff(count int) {
	for n := range count {
		name, latin := c.name()
		c.staff = append(c.staff, &Employee{
			ID: c.base + int64(200+n), Name: name, Email: fmt.Sprintf("%s.e%d@example.com", latin, n),
			Phone: fmt.Sprintf("1860000%04d", 9_000+n), Number: fmt.Sprintf("A%03d", n+1),
		})
	}
}

func (c *Company) openJobs(start time.Time) {
	for n, title := range strings.Fields(jobTitles) {
		c.jobs = append(c.jobs, &Job{
			ID: c.uuid(), Title: title, Competency: c.word(competencies), Commitment: "全职",
			Description: "        <p>        岗位职责:负责 A & B 系统的建设与\"交付\"        </p>        ",
			Department:  c.departments[n%len(c.departments)], Manager: c.employee(),
			Code:     fmt.Sprintf("MJ%06d", n+1),
			Ranks:    []Rank{{Name: "初级", Type: "技术类", Level: 1}, {Name: c.word(rankNames), Type: "技术类", Level: 2}},
			OpenedAt: start.AddDate(0, -2, 0), FinishBy: start.AddDate(0, 4, 0),
		})
	}
	for _, job := range c.jobs {
		c.newHeadcount(Headcount{
			Name: job.Title + "-编制", Type: "planned", Status: HeadcountOngoing, Need: 5,
			Department: job.Department, Commitment: job.Commitment, Owner: job.Manager, Managers: []*Employee{c.employee()},
			Creator: job.Manager, Room: c.rooms[0], Ranks: job.Ranks, Jobs: []*Job{job},
			StartDate: job.OpenedAt, FinishBy: job.FinishBy,
		}, job.OpenedAt)
	}
}

func (c *Company) furnish() {
	for n, office := range strings.Fields(offices) {
		c.rooms = append(c.rooms, &Room{
			ID: int64(n + 1), Name: fmt.Sprintf("会议室%c", 'A'+n), AddressID: int64(1524 + n),
			Country: "中国", CityID: []int64{110108, 310101, 330110}[n], Address: office,
		})
	}
}

// reasons are why the company archives.
func reasons(base int64) []Reason {
	var all []Reason
	for n, name := range strings.Fields(archiving) {
		kind := 1
		if strings.HasPrefix(name, "能力") {
			kind = 2
		}
		all = append(all, Reason{ID: base + int64(132+n), Name: name, Type: kind})
	}
	return all
}

func (c *Company) reason() Reason { return c.reasons[c.rng.IntN(len(c.reasons))] }

func (c *Company) employee() *Employee { return c.staff[c.rng.IntN(len(c.staff))] }

// word picks one of the words of a list.
func (c *Company) word(list string) string {
	words := strings.Fields(list)
	return words[c.rng.IntN(len(words))]
}

type coded struct {
	text string
	code int
}

// coded picks one of a list of "text:code".
func (c *Company) coded(list string) coded {
	text, number, _ := strings.Cut(c.word(list), ":")
	code, err := strconv.Atoi(number)
	if err != nil {
		panic("company: a word list has an entry without a code: " + text)
	}
	return coded{text, code}
}

func (c *Company) uuid() string {
	hi, lo := c.rng.Uint64(), c.rng.Uint64()
	hi = hi&^0xf000 | 0x4000
	lo = lo&^(3<<62) | 2<<62
	return fmt.Sprintf("%08x-%04x-%04x-%04x-%012x", hi>>32, hi>>16&0xffff, hi&0xffff, lo>>48, lo&0xffffffffffff)
}
