package api

import (
	"errors"

	"github.com/mokafka/mokafka/internal/mokasim/company"
)

// refusal is a documented reason not to carry a call out. Codes are those of
// the table at the end of Moka's document, and of resign; the Chinese is that of
// the answers where they quote it, elsewhere a translation of the table.
type refusal struct {
	code     int
	zh, en   string
	argument string // the parameter in question, said before the text
	status   int    // for inStatus; 0: 400
}

func (r *refusal) Error() string { return r.text(true) }

func (r *refusal) text(english bool) string {
	text := r.zh
	if english {
		text = r.en
	}
	if r.argument != "" {
		return r.argument + " " + text
	}
	return text
}

// missing is about a required parameter that was not given.
func missing(name string) error {
	return &refusal{code: 100005, zh: "参数异常,缺少必要参数", en: "Parameter abnormal, missing required parameter", argument: name}
}

// wrong is about a parameter of a wrong type or value. Moka documents "hcId
// Parameter error".
func wrong(name string) error {
	return &refusal{code: 300400, zh: "参数错误", en: "Parameter error", argument: name}
}

// refused says a company's no in Moka's words.
func refused(err error) error {
	for _, one := range []struct {
		is error
		as refusal
	}{
		{company.ErrUnknownApplication, refusal{code: 300501, zh: "申请不存在", en: "Application does not exist"}},
		{company.ErrClosedApplication, refusal{code: 300502, zh: "该申请已归档", en: "Application has been archived"}},
		{company.ErrStage, refusal{code: 300509, zh: "申请当前阶段错误", en: "Application current stage error"}},
		{company.ErrHeadcount, refusal{code: 300510, zh: "参数错误", en: "Parameter error", argument: "hcId"}},
		{company.ErrTalentPool, refusal{code: 300520, zh: "归档人才库不存在", en: "Archive talent pool cannot be found"}},
		{company.ErrNoOffer, refusal{code: 300600, zh: "Offer不存在", en: "Offer does not exist"}},
		{company.ErrOfferStatus, refusal{code: 300606, zh: "Offer状态错误", en: "Offer status error"}},
		{company.ErrOfferAccepted, refusal{code: 300608, zh: "Offer已被接受", en: "Offer has been accepted"}},
		{company.ErrOfferExists, refusal{code: 300612, zh: "该申请已存在Offer", en: "Offer has been existed in application"}},
		{company.ErrArchiveReason, refusal{code: 221018, zh: "归档原因不存在", en: "Archive reason cannot be found"}},
		{company.ErrNotHired, refusal{code: 300509, zh: "转正状态错误", en: "Transfer-to-regular status error"}},
	} {
		if errors.Is(err, one.is) {
			as := one.as
			return &as
		}
	}
	return err
}
