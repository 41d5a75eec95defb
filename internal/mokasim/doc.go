// Package mokasim is a Moka to test and demonstrate against: a made-up company
// that recruits at a settable pace and pushes the webhooks Moka documents. It
// is an independent reading of Moka's documents and shares no code with the
// parts of mokafka that talk to the real one, so that a misreading in one of
// the two shows.
//
// The parts: package company is the company itself (pure, by seed), package
// payload the documented shapes of what it pushes and package resources those of
// what it answers (pure), package push signing, encryption and delivery, package
// api the HTTP API. This package runs them and serves the port.
//
// # Life
//
// About every SIM_PACE (exponentially distributed around it, between a tenth of
// it and three times it), or SIM_CHANGES_PER_DAY times a day, the company changes
// once; see package company for how. Of the beats SIM_BURST_SHARE are a recruiter's
// who changes up to 45 applications at one instant. SIM_APPLICATIONS of earlier
// years lie in the archive and are woken now and then.
//
// Changes that Moka tells the world about ("Import EHR", interviews arranged,
// updated, cancelled) become webhooks, which one sender delivers strictly in the
// order of the changes. While it repeats a push the company goes on, until 256
// pushes wait; then the company waits too. Nothing is dropped in silence: what
// is unsettled when Run ends is recorded as abandoned.
//
// The same seed and the same clock give the same webhooks, byte for byte, as
// long as nobody triggers anything. A restarted simulator begins anew: the same
// seed gives the same people and application ids, with webhook ids and times of
// their own; only another seed gives other ids.
//
// Tests need not wait for it: Open founds the company without a server or a
// goroutine, LiveUntil lets it live up to an instant, Handler answers for it, and
// Entries, Truths and HeadcountTruths say what happened and what is so.
//
// # What makes it hard to read
//
// Moka's times are those of its clock, SIM_CLOCK_SKEW ahead of ours, cut to
// SIM_TIME_PRECISION, so that several changes often share an instant. Of the
// changes of offers, interviews and feedback SIM_QUIET_SHARE do not move the
// application's updatedAt. Feeds by time do not show a change for up to
// SIM_VISIBLE_AFTER, and SIM_QUIRKS of the ids and lists of an answer are of
// another JSON type than usual; see package resources. The log (by Moka's clock,
// and by ours) tells each change with the field it is of, its values before and
// after, whether it was quiet, and which webhook announced it; the truth is the
// company's present state.
//
// # Moka's API
//
// Under /api-platform is Moka's API over the same company: the documented read
// endpoints, and the writes with their rules and refusals; see package api. It
// wants SIM_API_KEY or a token got with SIM_CLIENT_ID and SIM_CLIENT_SECRET,
// counts calls against SIM_QUOTA_PER_MINUTE, and takes SIM_LATENCY to answer. What
// it changes is in the log with the origin "api". Stage moves, hirings, answers
// to offers and headcounts are never pushed, as Moka documents; an interview
// that falls through because its application was closed is.
//
// It makes mistakes on order (/__sim/faults, or API().Order in tests), and keeps
// a log of every write it accepted, in order, with what it changed
// (/__sim/effects): whatever an answer said or failed to say, this is what
// happened. People can be made to work in the same records (/__sim/act).
//
// # Management port
//
// Everything under /__sim speaks JSON; a fault answers {"error":"…"}. It asks for
// no credentials: keep it on loopback. A path that is neither under it nor one of
// the API answers as Moka does, 404 {"message":"您访问的页面不存在"}.
//
//	GET  /__sim/status            seed, pace, census of the company, totals, last 10 pushes
//	GET  /__sim/pushes            the last pushes, oldest first; ?limit=N (100), ?body=true
//	GET  /__sim/log               what the company did, in order; ?after=SEQ, ?limit=N (1000)
//	GET  /__sim/truth             applications and headcounts as they are; ?after=ID, ?limit=N (1000)
//	POST /__sim/pace              {"pace":"500ms"}: also ends a pause
//	POST /__sim/pause, /resume    the company stands still; triggers still work
//	POST /__sim/trigger/{event}   makes a recruiter do it now and pushes it; answers with the
//	                              change, what was sent (body included) and what was answered
//	POST /__sim/burst             {"count":N,"concurrency":C}: many triggers, answers with a summary
//	POST /__sim/act               a human does something in the records; see type Human
//	GET  /__sim/effects           writes that the API accepted, in order; ?after=SEQ, ?limit=N (1000)
//	POST /__sim/faults            {"endpoint":"PUT /v1/applications/*","kind":"reset_after","calls":3}:
//	                              orders a mistake, answers with its number; see api.Fault
//	GET, DELETE /__sim/faults     what is on order and what became of it; ?id=N takes one away
//	GET, POST /__sim/quota        {"perMinute":0,"refusal":"code"}: what is not named stays
//	POST /__sim/key               {"revoked":true}: API key, client and tokens; false gives the
//	                              first two back
//
// A trigger's body is optional, and so is each of its fields:
//
//	applicationId        which application (default: one that suits)
//	encrypted            true or false (default: SIM_ENCRYPT with a data key)
//	signBeforeEncrypted  default: SIM_SIGN_BEFORE_ENCRYPTED
//	key                  current, old, wrong or none (no sign at all)
//	tamper               one digit of triggeredAt changes after signing
//	duplicate            the same bytes are delivered twice
//	retries              instead of SIM_PUSH_RETRIES
//	door                 rest, soap or zhiren (SIM_SOAP_URL, SIM_ZHIREN_URL); pushCandidate only
//	elements             soap: the document as elements, not as a text
//	signedToken          soap: the Bearer token is a signature of the body, not the key
//
// A triggered push does not queue behind those of life, so it may overtake
// them. Where an interview has to exist first, it is arranged and pushed in the
// plain manner before ("before" in the answer). A burst takes event (default
// pushCandidate), encrypted, retries and door besides; with concurrency above 1 its
// pushes overtake each other. Only one burst runs at a time.
//
// The log and the pushes are bounded (SIM_LOG_SIZE and 1,000 entries); the
// answers say how many there were in all.
//
// # What it may touch, how it fails
//
// It listens on SIM_ADDR and connects to SIM_WEBHOOK_URL, nothing else. Faults of
// the receiver never stop it. Run fails if the configuration is wrong, the
// address cannot be had, or the server breaks; it joins whatever it started.
package mokasim
