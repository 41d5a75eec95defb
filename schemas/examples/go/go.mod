module example.com/mokafka-consumer

go 1.26.0

require (
	github.com/mokafka/mokafka v0.0.0
	github.com/twmb/franz-go v1.22.2
	go.etcd.io/bbolt v1.5.0
)

require (
	github.com/go-json-experiment/json v1.27.2 // indirect
	github.com/klauspost/compress v1.20.3 // indirect
	github.com/pierrec/lz4/v4 v4.1.33 // indirect
	github.com/twmb/avro v1.9.0 // indirect
	github.com/twmb/franz-go/pkg/kmsg v1.15.0 // indirect
	github.com/twmb/franz-go/pkg/sr v1.8.0 // indirect
	golang.org/x/sync v0.24.0 // indirect
	golang.org/x/sys v0.49.0 // indirect
)

// Here it is built with what stands beside it. Elsewhere, delete this line and
// 'go get github.com/mokafka/mokafka@latest'.
replace github.com/mokafka/mokafka => ../../..
