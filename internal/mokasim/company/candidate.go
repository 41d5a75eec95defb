package company

import (
	"fmt"
	"strings"
	"time"
)

// Candidate is a person who applied, perhaps more than once.
type Candidate struct {
	ID           int64
	Name         string
	Phone        string
	Email        string
	Female       bool
	Born         time.Time // midnight UTC
	Married      bool
	Ethnic       string
	NativePlace  Place
	Location     string
	CitizenID    string
	Experience   int // years; 0: a fresh graduate
	Education    []Education
	Work         []Work // newest first; empty: never worked
	Projects     []Project
	English      string
	Contacts     []Contact
	Height       int // cm
	CreatedAt    time.Time
	ResumeKey    string
	AcceptTravel bool
	Skills       []string
}

// Place is a named region with Moka's region code.
type Place struct {
	Name string
	Code int
}

// Education is one school attended. Months are "2011-09".
type Education struct {
	From, To string
	School   string
	Major    string
	Degree   string // 本科, 硕士 …
	Code     int    // of the degree
}

// Work is one employment. To is "" while it lasts.
type Work struct {
	From, To  string
	Company   string
	Title     string
	Summary   string
	Reason    string // for leaving
	Reporting int
}

// Project is one project worked on.
type Project struct {
	From, To string
	Name     string
	Title    string
	Summary  string
	Duties   string
}

// Contact is whom to call in an emergency.
type Contact struct {
	Name     string
	Relation string
	Phone    string
	Email    string
}

const (
	surnames   = "赵:zhao 钱:qian 孙:sun 李:li 周:zhou 吴:wu 郑:zheng 王:wang 冯:feng 陈:chen 褚:chu 卫:wei 蒋:jiang 沈:shen 韩:han 杨:yang 朱:zhu 秦:qin 许:xu 何:he 欧阳:ouyang 上官:shangguan"
	givenNames = "旭冬:xudong 雨桐:yutong 子涵:zihan 思远:siyuan 晓峰:xiaofeng 佳怡:jiayi 志强:zhiqiang 梦洁:mengjie 浩然:haoran 欣妍:xinyan 俊杰:junjie 雅琪:yaqi 天佑:tianyou 若曦:ruoxi 明轩:mingxuan 静:jing 磊:lei 婷:ting 宇航:yuhang 一诺:yinuo"
	ethnics    = "汉族 汉族 汉族 汉族 汉族 满族 回族 壮族 苗族"
	places     = "北京市朝阳区:110105 上海市浦东新区:310115 浙江省杭州市:330100 江苏省南京市:320100 四川省成都市:510100 湖北省武汉市:420100 陕西省西安市:610100"
	cities     = "北京 上海 杭州 南京 成都 武汉 西安"
	schools    = "江城理工大学 北岭大学 东湖科技学院 南屏师范大学 西川电子大学 临海工业大学"
	majors     = "土木工程 计算机科学与技术 软件工程 人力资源管理 市场营销 应用数学 会计学"
	degrees    = "大专:4 本科:7 本科:7 本科:7 硕士:8 博士:9"
	employers  = "北京晴川软件有限公司 上海墨白网络科技有限公司 杭州听潮信息技术有限公司 成都蜀月数据服务有限公司 南京梧桐电子商务有限公司 武汉星渚智能装备有限公司"
	positions  = "高级Java工程师 前端工程师 产品经理 数据分析师 招聘专员 测试工程师 销售经理"
	leaving    = "个人发展 家庭原因 公司业务调整 合同到期"
	skills     = "Go Kafka Java Python SQL 项目管理 数据建模 英语谈判"
	levels     = "一般 良好 熟练 精通"
	relations  = "父亲 母亲 配偶 兄弟 姐妹"
)

func (c *Company) newCandidate(now time.Time) *Candidate {
	c.candidates++
	name, email := c.name()
	years := c.rng.IntN(16)
	born := time.Date(now.Year()-22-years-c.rng.IntN(3), time.Month(1+c.rng.IntN(12)), 1+c.rng.IntN(28), 0, 0, 0, 0, time.UTC)
	place := c.coded(places)
	p := &Candidate{
		ID: c.base + 50_000 + c.candidates, Name: name, Phone: c.phone(c.candidates),
		Email:  fmt.Sprintf("%s%d@example.com", email, c.candidates),
		Female: c.rng.IntN(2) == 0, Born: born, Married: c.rng.IntN(2) == 0,
		Ethnic: c.word(ethnics), NativePlace: Place{place.text, place.code}, Location: c.word(cities),
		CitizenID:  fmt.Sprintf("990000%s%04d", born.Format("20060102"), c.rng.IntN(10_000)),
		Experience: years, English: c.word(levels), Height: 155 + c.rng.IntN(35), CreatedAt: now,
		ResumeKey: c.uuid() + ".doc", AcceptTravel: c.rng.IntN(3) > 0,
		Skills: []string{c.word(skills), c.word(skills)},
	}
	c.school(p, now.Year()-years)
	c.career(p, now.Year())
	for range 1 + c.rng.IntN(2) {
		contact, mail := c.name()
		p.Contacts = append(p.Contacts, Contact{
			Name: contact, Relation: c.word(relations),
			Phone: c.phone(int64(c.rng.IntN(9_000))), Email: mail + "@example.com",
		})
	}
	return p
}

func (c *Company) school(p *Candidate, graduated int) {
	degree := c.coded(degrees)
	p.Education = append(p.Education, Education{
		From: fmt.Sprintf("%d-09", graduated-4), To: fmt.Sprintf("%d-06", graduated),
		School: c.word(schools), Major: c.word(majors), Degree: degree.text, Code: degree.code,
	})
	if degree.code > 7 { // who has a higher degree has a first one
		p.Education = append(p.Education, Education{
			From: fmt.Sprintf("%d-09", graduated-8), To: fmt.Sprintf("%d-06", graduated-4),
			School: c.word(schools), Major: c.word(majors), Degree: "本科", Code: 7,
		})
	}
}

func (c *Company) career(p *Candidate, year int) {
	left := p.Experience
	for to := year; left > 0 && len(p.Work) < 3; {
		stay := min(left, 1+c.rng.IntN(5))
		w := Work{
			From: fmt.Sprintf("%d-03", to-stay), To: fmt.Sprintf("%d-02", to),
			Company: c.word(employers), Title: c.word(positions), Summary: "负责核心业务的设计、开发与交付",
			Reason: c.word(leaving), Reporting: c.rng.IntN(8),
		}
		if len(p.Work) == 0 && c.rng.IntN(3) > 0 {
			w.To = ""
		}
		p.Work = append(p.Work, w)
		left, to = left-stay, to-stay
	}
	if len(p.Work) > 0 {
		p.Projects = append(p.Projects, Project{
			From: p.Work[0].From, To: fmt.Sprintf("%d-10", year-1), Name: "招聘数据平台<二期>", Title: "工程师",
			Summary: "统一候选人 & offer 数据", Duties: "开发与上线",
		})
	}
}

// phone numbers candidates 18600000000 to 18600008999; employees follow from 9000.
func (c *Company) phone(n int64) string { return fmt.Sprintf("1860000%04d", n%9_000) }

// name makes a Chinese name and its Latin spelling for an address.
func (c *Company) name() (hanzi, latin string) {
	sur, surLatin, _ := strings.Cut(c.word(surnames), ":")
	given, givenLatin, _ := strings.Cut(c.word(givenNames), ":")
	return sur + given, surLatin + "." + givenLatin
}
