package main

// meanings say what each variable is for, in words for those who run mokafka. A
// test holds them to the variables that there are.
var meanings = map[string]string{ //nolint:gosec // there is no secret in it, only talk of some
	"MOKA_ORG_ID":    "The organisation whose Moka this is. It begins every key, so it must never change.",
	"MOKA_TIME_ZONE": "The time zone of times that Moka writes without one.",

	"MOKA_BASE_URL":       "Moka's API, up to /api-platform. Plain http only on loopback.",
	"MOKA_PLAIN_HTTP":     "Whether it may be plain http elsewhere too: to a simulator in a private network, never to Moka's own.",
	"MOKA_API_KEY":        "The key that Moka gave out for its API. It, or MOKA_CLIENT_ID with MOKA_CLIENT_SECRET.",
	"MOKA_CLIENT_ID":      "The client of OAuth2, where Moka gave out one instead of a key.",
	"MOKA_CLIENT_SECRET":  "Its secret.",
	"MOKA_TIMEOUT":        "How long one call to Moka may take, to the last byte of its answer.",
	"MOKA_MAX_BODY_BYTES": "The largest answer of Moka's that is read, in bytes.",
	"MOKA_QUOTA_PER_MINUTE": "How many calls a minute Moka allows, reads and writes of all programs with this account\n" +
		"together; people report 60. Refusals lower it for a while by themselves.",
	"MOKA_HEADCOUNT_WRITES_PER_MINUTE": "How many of them may create, change or delete headcounts.",
	"WRITEBACK_QUOTA_PER_MINUTE": "How many of them are kept for write-back, which all its workers share; polling has the\n" +
		"rest. 0 where no write-back runs.",

	"POLL_APPLICATIONS": "Which feed of applications to poll: v2 (the richest), v1 (offers and onboardings, for\n" +
		"accounts without v2), moved (stage moves alone), or off (no polling at all: webhooks alone).\n" +
		"'mokafka doctor' says which of them the account has.",
	"POLL_APPLICATIONS_INTERVAL":      "The pause between two looks at what was updated, while there is news.",
	"POLL_APPLICATIONS_IDLE_INTERVAL": "What that pause grows to while there is none.",
	"POLL_OVERLAP":                    "How far each look goes back behind the last one, for what Moka shows late.",
	"POLL_LOOK_BACK":                  "How far one look now and then goes back, for what Moka shows very late.",
	"POLL_HEADCOUNTS_INTERVAL":        "The pause between two looks at headcounts; 0: none, also for their deletion.",
	"POLL_INTERVIEWS_INTERVAL":        "The pause between two looks at the interviews of the days around today; 0: none.",
	"POLL_INTERVIEWS_PAST_DAYS":       "How many days before today those are.",
	"POLL_INTERVIEWS_AHEAD_DAYS":      "How many days after today. 31 days in all are one call.",
	"POLL_FEEDBACKS_INTERVAL":         "The pause between two looks at what interviewers wrote; 0: none.",
	"POLL_HOT_SET_MIN_AGE": "Open applications in interview, offer and onboarding stages are looked at again and again,\n" +
		"for what Moka changes without saying so: not sooner than this after the last time.",
	"POLL_SWEEP_EVERY": "How often every known application and headcount is looked at, to find what was deleted;\n0: never.",
	"POLL_GONE_AFTER":  "How long after an application was not there it is asked for again, before it counts as deleted.",
	"POLL_GONE_LIMIT":  "How many entities may be called deleted within a day; what is beyond is held back.",
	"POLL_PARALLEL":    "How many calls may be under way at once.",
	"POLL_GROUP": "The consumer group in which replicas choose who polls; empty is KAFKA_TOPIC_PREFIX, \"-poll-\"\n" +
		"and the organisation.",
	"POLL_SESSION_TIMEOUT":     "After what time without a sign of life another replica polls.",
	"POLL_TRANSACTION_TIMEOUT": "After what time Kafka ends the transaction of a poller that died and that nobody replaced.",

	"WEBHOOK_ADDR": "Where webhooks are taken, host:port or :port.",
	"WEBHOOK_SIGNING_KEYS": "The keys that Moka may sign with, separated by commas (in a file: a line each).\n" +
		"While a key is being replaced, give the old one and the new one.",
	"WEBHOOK_DATA_KEY": "Decrypts data where encryption was bought: 32 characters, or their hex or base64.",
	"WEBHOOK_DATA_IV":  "The IV that goes with it: 16 characters, or their hex or base64.",
	"WEBHOOK_SOAP_BEARER": "What the Bearer token of SOAP webhooks may be: key (the signing key itself), signature\n" +
		"(of the body or of its document), any of them, or off (no SOAP). Moka documents none of it.",
	"WEBHOOK_ZHIREN_KEYS": "Who may push to the Zhiren receiver: access_key:secret, separated by commas (in a file: a\n" +
		"line each). Without any it is closed.",
	"WEBHOOK_ZHIREN_TONCE": "How far the time in such a push may be from ours, either way.",
	"WEBHOOK_TLS": "off (a proxy in front does TLS), self-signed (which Moka accepts), or files\n" +
		"(WEBHOOK_TLS_CERT, WEBHOOK_TLS_KEY).",
	"WEBHOOK_TLS_CERT":            "The certificate and its chain, a PEM file. It is read again when it changes.",
	"WEBHOOK_TLS_KEY":             "Its private key, a PEM file.",
	"WEBHOOK_TLS_DIR":             "Keeps the self-signed certificate across restarts; without it each start makes another.",
	"WEBHOOK_PUBLIC_URL":          "The address at which Moka reaches the door: the self-signed certificate names its host,\nthe WSDL the address.",
	"WEBHOOK_REDIRECT_PC_URL":     "Where the browser of the person who pushed a candidate goes on to, with\n{applicationId} and {candidateId} filled in.",
	"WEBHOOK_REDIRECT_MOBILE_URL": "The same for phones.",
	"WEBHOOK_MAX_BODY":            "The largest body taken, in bytes.",
	"WEBHOOK_MAX_IN_FLIGHT":       "How many requests are worked on at a time; more are answered with 429.",
	"WEBHOOK_MAX_IN_FLIGHT_BYTES": "What their bodies may take together, in bytes.",
	"WEBHOOK_MAX_HEADER":          "The largest request line and headers, in bytes.",
	"WEBHOOK_HEADER_TIMEOUT":      "How long the headers of a request may take to come.",
	"WEBHOOK_READ_TIMEOUT":        "How long all of a request may take to come.",
	"WEBHOOK_WRITE_TIMEOUT":       "How long it may take from the end of the headers to that of the answer.",
	"WEBHOOK_IDLE_TIMEOUT":        "How long a connection is kept between requests.",
	"WEBHOOK_ANSWER_TIMEOUT":      "When an answer is due after the end of the body, whatever Kafka does.",
	"WEBHOOK_DRAIN_TIMEOUT":       "How long requests may take to end when the worker is told to.",

	"KAFKA_BROKERS":        "Brokers to start from, host:port, separated by commas.",
	"KAFKA_CLIENT_ID":      "Names this installation in the brokers' logs, metrics and quotas.",
	"KAFKA_TLS_ENABLED":    "Whether to use TLS. The brokers' certificates are always checked.",
	"KAFKA_TLS_CA_FILE":    "The authorities to trust, a PEM file; the system's if not set.",
	"KAFKA_TLS_CERT_FILE":  "A certificate to show to the brokers, a PEM file.",
	"KAFKA_TLS_KEY_FILE":   "Its private key, a PEM file.",
	"KAFKA_SASL_MECHANISM": "How to log in: PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512; no login if not set.",
	"KAFKA_SASL_USER":      "The user to log in as.",
	"KAFKA_SASL_PASSWORD":  "The user's password.",
	"KAFKA_TOPIC_PREFIX":   "What the names of all topics begin with.",
	"KAFKA_TOPIC_PARTITIONS": "Partitions of each topic. It can't be changed once the topics are there: keys would\n" +
		"move to other partitions and lose their order.",
	"KAFKA_TOPIC_REPLICATION": "How many brokers hold each partition. All but one of them must have a record before\nit counts as written.",

	"SCHEMA_REGISTRY_URL": "The schema registry, http or https; several addresses of one registry are separated\n" +
		"by commas. Apicurio's ends in /apis/ccompat/v7.",
	"SCHEMA_REGISTRY_USER":     "The user to log in as; no login if not set.",
	"SCHEMA_REGISTRY_PASSWORD": "The user's password.",
	"SCHEMA_REGISTRY_TIMEOUT":  "How long a request to the registry may take.",

	"JOURNAL_TIMEOUT":        "How long a webhook waits for Kafka before it is answered with 503.",
	"JOURNAL_BUFFER_RECORDS": "How many records may wait for Kafka; beyond that webhooks are answered with 429.",
	"JOURNAL_BUFFER_BYTES":   "How many bytes may wait for Kafka.",

	"DERIVE_GROUP": "The consumer group of all workers of an installation; empty is KAFKA_TOPIC_PREFIX and \"-derive\".",
	"INGEST_INSTANCE": "Names this worker. Each needs a name of its own that stays the same over restarts,\n" +
		"such as the name of a pod in a StatefulSet.",
	"STATE_DIR":                  "A directory of this worker's own for a copy of the latest states. It may be lost.",
	"DERIVE_MAX_BATCH":           "How many journal entries go into one transaction at the most.",
	"DERIVE_SESSION_TIMEOUT":     "After what time without a sign of life a worker's partitions go to others.",
	"DERIVE_TRANSACTION_TIMEOUT": "After what time Kafka ends the transaction of a worker that died; consumers wait\nthat long.",
	"DERIVE_GRAVE_RETENTION":     "How long a deletion is remembered; not less than the journal is kept.",

	"WRITEBACK_GROUP": "The consumer group of all write-back workers; empty is KAFKA_TOPIC_PREFIX and \"-writeback\".",
	"WRITEBACK_INSTANCE": "Names this write-back worker. Each needs a name of its own that stays the same over\n" +
		"restarts, such as the name of a pod in a StatefulSet.",
	"WRITEBACK_STATE_DIR":    "A directory of this worker's own for a copy of the ledger, not that of STATE_DIR. It may be\nlost.",
	"WRITEBACK_PARALLEL":     "How many applications are worked on at the same time. Those of one keep their order.",
	"WRITEBACK_MAX_PENDING":  "How many commands a worker holds at hand at the most.",
	"WRITEBACK_MAX_ATTEMPTS": "How often a write is tried before its command has FAILED, and parks its application.",
	"WRITEBACK_BACKOFF":      "The pause after the first try that came to nothing; it doubles.",
	"WRITEBACK_BACKOFF_MAX":  "What that pause grows to.",
	"WRITEBACK_MAX_PARKED":   "How many commands may wait behind one that failed; more are refused.",
	"WRITEBACK_CALL_TIMEOUT": "How long one call to Moka may take.",
	"WRITEBACK_GRACE": "How long after a call without an answer Moka may still carry it out. Nobody documents it;\n" +
		"set too short, something may be written twice.",
	"WRITEBACK_FRESH": "Commands younger than this are written without reading Moka first, which saves a call and\n" +
		"overlooks what people did meanwhile; 0 reads before every write.",
	"WRITEBACK_READ_MAX_AGE": "How long ago at most Moka may have shown what a write is decided by, when the write begins; longer, and it is read again.",
	"WRITEBACK_LOOKUP_TTL":   "How long the stages of a job and the archive reasons are remembered.",
	"WRITEBACK_AUTH_PAUSE":   "How long everything waits after Moka did not take the key, before it is tried again.",
	"WRITEBACK_STOP_TIMEOUT": "How long a stop waits for calls that are under way; what takes longer is settled after the\n" +
		"restart. The end of the process may take 10 s more, whatever SHUTDOWN_TIMEOUT says.",
	"WRITEBACK_SESSION_TIMEOUT":     "After what time without a sign of life a worker's partitions go to others.",
	"WRITEBACK_TRANSACTION_TIMEOUT": "After what time Kafka ends the transaction of a worker that died; readers of the results\nwait that long.",

	"OPS_ADDR":  "Where /healthz, /readyz and /metrics are served. It asks for no credentials.",
	"OPS_PPROF": "Whether profiles are served too, under /debug/pprof/.",

	"START_TIMEOUT":    "How long Kafka and the registry may take to answer at the start.",
	"SHUTDOWN_TIMEOUT": "How long an orderly end may take.",

	"LOG_LEVEL":  "debug, info, warn or error.",
	"LOG_FORMAT": "json or console.",

	"SIM_ADDR":                        "Where the simulator is told what to do.",
	"SIM_SEED":                        "Who works in the company and what happens to it.",
	"SIM_PACE":                        "The mean time between two changes; 0 stands still until triggered.",
	"SIM_CHANGES_PER_DAY":             "The pace in other words, and before SIM_PACE; 0: as SIM_PACE says.",
	"SIM_APPLICATIONS":                "How many more applications there are, of the two years before; up to a million.",
	"SIM_QUIET_SHARE":                 "The share of changes of offers and interviews that do not move the application's updatedAt, 0 to 1.",
	"SIM_BURST_SHARE":                 "How often many applications change at the same instant, 0 to 1.",
	"SIM_QUIRKS":                      "The share of places in answers with an id as text, a list of one as the bare object, and the like, 0 to 1.",
	"SIM_VISIBLE_AFTER":               "How long at most the feeds do not show what has just changed.",
	"SIM_CLOCK_SKEW":                  "How far Moka's clock is ahead of ours.",
	"SIM_TIME_PRECISION":              "What Moka's times are whole multiples of.",
	"SIM_LOG_SIZE":                    "How many changes /__sim/log remembers.",
	"SIM_ORG_ID":                      "The organisation's name; no webhook carries it.",
	"SIM_API_KEY":                     "The key that its API wants.",
	"SIM_CLIENT_ID":                   "The client that gets OAuth2 tokens; without one nobody does.",
	"SIM_CLIENT_SECRET":               "Its secret.",
	"SIM_QUOTA_PER_MINUTE":            "How many calls of its API are allowed a minute; 0: as many as one likes.",
	"SIM_HEADCOUNT_WRITES_PER_MINUTE": "How many of them may write headcounts; 0: no limit of their own.",
	"SIM_QUOTA_WINDOW":                "How the minute is counted: sliding (the last 60 seconds) or fixed (by the clock).",
	"SIM_QUOTA_REFUSAL":               "How calls beyond it are refused: 429, 600 (the HTTP status), code or message (in an HTTP 200).",
	"SIM_LATENCY":                     "How long each answer takes.",
	"SIM_LATENCY_JITTER":              "By how much more or less.",
	"SIM_EFFECTS":                     "How many writes /__sim/effects remembers.",
	"SIM_LANGUAGE":                    "The language of its refusals, zh or en.",
	"SIM_WEBHOOK_URL":                 "The door that webhooks are pushed to.",
	"SIM_SOAP_URL":                    "The SOAP door, for pushes that are triggered with \"door\":\"soap\".",
	"SIM_ZHIREN_URL":                  "The Zhiren receiver, for pushes that are triggered with \"door\":\"zhiren\".",
	"SIM_ZHIREN_KEY":                  "The receiver's access_key:secret.",
	"SIM_SIGNING_KEY":                 "The key they are signed with.",
	"SIM_OLD_SIGNING_KEY":             "The key before the last rotation, for pushes that are triggered with it.",
	"SIM_DATA_KEY":                    "Encrypts data: 32 characters.",
	"SIM_DATA_IV":                     "The IV that goes with it: 16 characters.",
	"SIM_ENCRYPT":                     "Whether to encrypt every push, if there is a data key.",
	"SIM_SIGN_BEFORE_ENCRYPTED":       "Whether encrypted pushes are signed in their clear form.",
	"SIM_PUSH_RETRIES":                "How often a push is repeated when the door is away or in trouble.",
	"SIM_PUSH_BACKOFF":                "The pause before the first repetition; it doubles.",
	"SIM_PUSH_TIMEOUT":                "How long the door may take to answer.",
	"SIM_INSECURE_TLS":                "Whether any certificate will do, as it does for Moka.",
}
