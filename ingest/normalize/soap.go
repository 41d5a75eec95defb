package normalize

import (
	"bytes"
	"strings"

	"github.com/mokafka/mokafka/internal/markup"
	"github.com/mokafka/mokafka/schemas"
)

// readable returns e with a body in JSON: XML, which the SOAP door journals as
// it came, is turned into the JSON of the same outline (package markup tells
// how). Moka writes the tags in lower case: they get their canonical names back.
func readable(e *schemas.JournalEntry) (*schemas.JournalEntry, error) {
	if !isXML(e.Body) {
		return e, nil
	}
	body, err := markup.JSON(e.Body, canonical)
	if err != nil {
		return nil, &Error{Class: Malformed, Path: "$"}
	}
	inJSON := *e
	inJSON.Body = body
	return &inJSON, nil
}

// isXML tells XML from JSON, no value of which begins with '<'.
func isXML(body []byte) bool {
	return bytes.HasPrefix(bytes.TrimLeft(bytes.TrimPrefix(body, []byte("\ufeff")), " \t\r\n"), []byte("<"))
}

// canonicalNames are the keys of the tables by their lower-case forms.
var canonicalNames = namesOf(
	person, customField, attachment, department, headcountRef, jobRank, education, workExperience, internship, project,
	award, language, label, talentPool, remark, examFile, survey, sourceLevel, stage, job, candidate, offer,
	offerAttachment, offerSending, feedbackSubject, feedbackSection, feedbackForm, pushedInterview, envelopeKeys,
)

func namesOf(all ...*record) map[string]string {
	names := map[string]string{"applicationid": "applicationId"}
	for _, rec := range all {
		for i := range rec.rows {
			names[strings.ToLower(rec.rows[i].key)] = rec.rows[i].key
		}
	}
	return names
}

// canonical is the name that Moka gives in JSON to what it writes as tag.
func canonical(tag string) string {
	if name, ok := canonicalNames[strings.ToLower(tag)]; ok {
		return name
	}
	return tag
}
