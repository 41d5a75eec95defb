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
}

func (r *refusal) Error() string { return r.argument + r.en }

func (r *refusal) text(english bool) string {
	if english {
		if r.argument != "" {
			return r.argument + " " + r.en
		}
		return r.en
	}
	return r.argument + r.zh
}

// missing is about a required parameter that was not given.
func missing(name string) error {
	return &refusal{100005, "参数异常,缺少必要参数", "Parameter abnormal, missing required parameter", name}
}

// wrong is about a parameter of a wrong type or value. Moka documents "hcId
// Parameter error".
func wrong(name string) error { return &refusal{300400, "参数错误", "Parameter error", name} }

// refused says a company's no in Moka's words.
func refused(err error) error {
	for _, one := range []struct {
		is error
		as refusal
	}{
		{company.ErrUnknownApplication, refusal{300501, "申请不存在", "Application does not exist", ""}},
		{company.ErrClosedApplication, refusal{300502, "该申请已归档", "Application has been archived", ""}},
		{company.ErrStage, refusal{300509, "申请当前阶段错误", "Application current stage error", ""}},
		{company.ErrHeadcount, refusal{300510, "参数错误", "Parameter error", "hcId"}},
		{company.ErrTalentPool, refusal{300520, "归档人才库不存在", "Archive talent pool cannot be found", ""}},
		{company.ErrNoOffer, refusal{300600, "Offer不存在", "Offer does not exist", ""}},
		{company.ErrOfferStatus, refusal{300606, "Offer状态错误", "Offer status error", ""}},
		{company.ErrOfferAccepted, refusal{300608, "Offer已被接受", "Offer has been accepted", ""}},
		{company.ErrOfferExists, refusal{300612, "该申请已存在Offer", "Offer has been existed in application", ""}},
		{company.ErrArchiveReason, refusal{221018, "归档原因不存在", "Archive reason cannot be found", ""}},
		{company.ErrNotHired, refusal{300509, "转正状态错误", "Transfer-to-regular status error", ""}},
	} {
		if errors.Is(err, one.is) {
			as := one.as
			return &as
		}
	}
	return err
}
