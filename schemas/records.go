package schemas

// newRecord returns a pointer to a fresh record of the named type, one of those
// that are the values of topics; nil for any other name.
func newRecord(name string) any {
	switch name {
	case "CandidateEvent":
		return new(CandidateEvent)
	case "OfferEvent":
		return new(OfferEvent)
	case "InterviewEvent":
		return new(InterviewEvent)
	case "HeadcountEvent":
		return new(HeadcountEvent)
	case "CandidateState":
		return new(CandidateState)
	case "OfferState":
		return new(OfferState)
	case "InterviewState":
		return new(InterviewState)
	case "HeadcountState":
		return new(HeadcountState)
	case "JournalEntry":
		return new(JournalEntry)
	case "Checkpoint":
		return new(Checkpoint)
	case "DeadLetter":
		return new(DeadLetter)
	case "WritebackCommand":
		return new(WritebackCommand)
	case "WritebackResult":
		return new(WritebackResult)
	}
	return nil
}
