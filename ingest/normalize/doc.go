// Package normalize turns what Moka said, one journal entry at a time, into
// observations of canonical entities. It is pure: no context, clock, log or
// I/O; the same entry gives the same observations for ever, or until Revision
// grows.
//
// It reads leniently and loses nothing. Keys match whatever their case; of a
// key given twice the last counts, as it does for every JSON parser; a number
// may come as text, a list of one as the bare object, and a list as JSON text.
// null, "", [], {} and an absent key are all empty: nil, or a list without
// elements. Text that is not valid UTF-8 gets U+FFFD in place of what is wrong.
//
// # Times
//
// A time is ISO 8601 with a zone, the same without a zone or with a space
// between date and time (then it is in Options.Location), a day (its midnight
// there), or Unix seconds or milliseconds, told apart by their size. Times are
// given in UTC, to the millisecond.
//
// A date is a day in Options.Location, given as midnight UTC of that day. An
// instant at midnight UTC is that day anywhere: Moka writes birth dates so.
//
// # What does not fit
//
// A value that is not documented, or that does not fit its documented type, is
// kept as JSON text in the entity's extra under its path in Moka's own names,
// relative to the webhook's data or to the polled item: job.foo,
// offer.salaryNumber, basicInfo.foo, interviewers[0].feedbackTemplateResult[1].bar.
// The elements of interviews and interviewInfo are entities of their own, so their
// place in the list is left out of the path (interviews[].foo), and what stands
// beside data is under $ ($.foo). A name that could be taken for a path is quoted:
// ["a.b"]. A word that an enum does not know is UNKNOWN, and kept as well.
//
// Not kept is what an item only repeats: the application's id in its parts, the
// entry's organisation as orgId of a headcount.
//
// # One truth from several feeds
//
// A fact has the same value whichever feed shows it, in the fields that two of
// them have, but for these, which Moka itself words in other ways:
//
//   - interviewers, arranger and interviewees of an interview: the list has no
//     ids, and phone numbers with the country's code; the webhook has the ids;
//     v2/data/ehrApplications names the interviewers only with their feedback;
//   - interviewees have their candidates' ids in the webhook, their applications
//     and answers in the list;
//   - remarks, attachments and custom fields, of which each feed leaves out others;
//   - stage, which v1/data/ehrApplications and pushCandidate show by name alone;
//   - texts that Moka translates to the language of the account;
//   - extra, whose paths are those of the feed;
//   - a feedback, which v1/data/interviewer_feedbacks shows without its interview:
//     it is an interview of its own, also where v2/data/ehrApplications shows it
//     with an interview that took place. Where none did, the two are one.
//
// What the tables map is in the files table_*.go, one row a key; a row names
// the Avro field it fills, which is also the field the feed thereby speaks for.
//
// Texts of an entity are parts of one copy of the body, which lives as long as
// any of them.
package normalize
