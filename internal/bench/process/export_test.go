package process

// What reads /proc.
var (
	ParseStat   = parseStat
	ParseStatus = parseStatus
)
