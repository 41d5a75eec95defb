package payload

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
)

// zhirenCandidate is the payload of the receiver that Moka documents for Zhiren,
// in the order of its sample.
type zhirenCandidate struct {
	ID             string          `json:"id"`
	Name           json.RawMessage `json:"name"`
	Phone          json.RawMessage `json:"phone"`
	Email          json.RawMessage `json:"email"`
	Gender         json.RawMessage `json:"gender"`
	BirthYear      json.RawMessage `json:"birthYear"`
	Source         json.RawMessage `json:"source"`
	AcademicDegree json.RawMessage `json:"academicDegree"`
	Married        json.RawMessage `json:"married"`
	Education      json.RawMessage `json:"educationInfo"`
	Experience     json.RawMessage `json:"experienceInfo"`
	ResumeURL      json.RawMessage `json:"resumeUrl"`
	JobTitle       string          `json:"jobTitle"`
	Operator       json.RawMessage `json:"operator"`
	FeedbackURL    json.RawMessage `json:"interviewFeedbackUrl"`
	OfferFiles     any             `json:"offerAttachmentUrls"`
	Offer          any             `json:"offerInfo"`
}

// Zhiren is the payload for the candidate of a pushCandidate. The id is a text
// like that of the sample, the same for the same candidate. What an offer looks
// like is not documented; it is that of pushCandidate, its file a list of one.
func Zhiren(w Webhook) ([]byte, error) {
	var data map[string]json.RawMessage
	var parts struct {
		CandidateID int64 `json:"candidateId"`
		Job         struct {
			Title string `json:"title"`
		} `json:"job"`
		OfferFile *link `json:"offerAttachment"`
	}
	if w.Event != PushCandidate {
		return nil, fmt.Errorf("%s has no form for Zhiren", w.Event)
	}
	for _, target := range []any{&data, &parts} {
		if err := json.Unmarshal(w.Data, target); err != nil {
			return nil, fmt.Errorf("read the data of %s: %w", w.Event, err)
		}
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "zhiren/%d", parts.CandidateID))
	z := zhirenCandidate{
		ID:   base64.RawURLEncoding.EncodeToString(sum[:18]),
		Name: data["name"], Phone: data["phone"], Email: data["email"], Gender: data["gender"], BirthYear: data["birthYear"],
		Source: data["source"], AcademicDegree: data["academicDegree"], Married: data["married"],
		Education: data["educationInfo"], Experience: data["experienceInfo"], ResumeURL: data["resumeUrl"],
		JobTitle: parts.Job.Title, Operator: data["operator"], FeedbackURL: data["interviewFeedbackUrl"],
		OfferFiles: "", Offer: "",
	}
	if offer := data["offer"]; len(offer) > 0 && string(offer) != "null" {
		z.Offer = offer
	}
	if parts.OfferFile != nil {
		z.OfferFiles = []string{parts.OfferFile.URL}
	}
	return Stringify(z)
}
