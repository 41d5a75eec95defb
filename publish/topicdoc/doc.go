// Package topicdoc writes what consumer teams read: a page for each topic, one for
// the types that the topics share, and an AsyncAPI 3 document. All of it follows
// from the catalogue of topics, the schemas, and an example record of each topic;
// the sentences between are here, and a test sees to it that every topic and every
// type of event has one.
//
// It is pure: the same input gives the same bytes, so that the pages can be checked
// in and compared.
package topicdoc
