package load

// ReadAnswer is what connections read answers with.
var ReadAnswer = readAnswer
