// The generator of the Go types in schemas/ (schemas/avsc/*.avsc is the source).
// A module of its own: hamba/avro is archived with advisories unfixed, so nothing
// that runs may have it in its graph. Built by "make bin/avrogen". Its test, run
// by "make test-differential", holds twmb/avro, which does run, against it.
module github.com/mokafka/mokafka/internal/tools/avrogen

go 1.26

tool github.com/hamba/avro/v2/cmd/avrogen

require (
	github.com/hamba/avro/v2 v2.31.0
	github.com/twmb/avro v1.9.0
)

require (
	github.com/ettle/strcase v0.2.0 // indirect
	github.com/go-viper/mapstructure/v2 v2.4.0 // indirect
	github.com/json-iterator/go v1.1.12 // indirect
	github.com/modern-go/concurrent v0.0.0-20180306012644-bacd9c7ef1dd // indirect
	github.com/modern-go/reflect2 v1.0.2 // indirect
	golang.org/x/mod v0.31.0 // indirect
	golang.org/x/sync v0.19.0 // indirect
	golang.org/x/tools v0.40.0 // indirect
)
