package publish

// The names of groups and transactional ids that an installation uses on a cluster.
// All begin with the topics' prefix, so that installations keep apart.

// DeriveGroup is the consumer group of all ingest workers, where no other is set.
func (t Topics) DeriveGroup() string { return t.prefix + "-derive" }

// DeriveTransactions begins the transactional ids of ingest workers; the worker's
// instance follows.
func (t Topics) DeriveTransactions() string { return t.prefix + "-derive-" }

// PollGroup is the group in which the replicas of an organisation choose who polls,
// where no other is set.
func (t Topics) PollGroup(org string) string { return t.prefix + "-poll-" + org }

// PollTransaction is the transactional id of who polls for an organisation.
func (t Topics) PollTransaction(org string) string { return t.prefix + "-poll-" + org }

// WritebackGroup is the consumer group of all write-back workers, where no other is
// set.
func (t Topics) WritebackGroup() string { return t.prefix + "-writeback" }

// WritebackTransactions begins the transactional ids of write-back workers; the
// worker's instance follows.
func (t Topics) WritebackTransactions() string { return t.prefix + "-writeback-" }

// OperatorTransaction is the transactional id of all who do the same to the topics,
// one at a time.
func (t Topics) OperatorTransaction(task OperatorTask) string { return t.prefix + "-" + string(task) }

// OperatorTask is what an operator's command does in transactions.
type OperatorTask string

// The tasks.
const (
	TaskRedrive OperatorTask = "redrive" // dead letters, cursors and parked keys
	TaskReplay  OperatorTask = "replay"  // the journal, and states rebuilt from it
)

// OperatorTasks lists them all.
func OperatorTasks() []OperatorTask { return []OperatorTask{TaskRedrive, TaskReplay} }
