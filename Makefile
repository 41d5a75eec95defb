# "make" lists what there is. run, build and test need nothing but Go;
# the tools are built from their pinned modules into bin/ when first asked for.

SHELL       := /bin/sh
VERSION     ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
LDFLAGS     := -X main.version=$(VERSION)

# What "make bench" passes on (internal/bench/README.md), and a file for its report.
BENCH       ?=
OUT         ?=
PKG         ?= ./...
# What "make run" passes on, as in: make run ARGS="--no-sim"
ARGS        ?=

# The packages whose tests talk to Kafka: those whose tests use internal/kafkatest.
KAFKA_PKGS   = $(shell go list -f '{{.ImportPath}} {{.TestImports}} {{.XTestImports}}' ./... | \
                 grep 'mokafka/internal/kafkatest' | cut -d' ' -f1)

.DEFAULT_GOAL := help

.PHONY: help
help: ## list the targets
	@awk 'BEGIN {FS = ":.*## "} /^[a-z][a-z-]*:.*## / {printf "  %-15s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

.PHONY: run
run: build ## everything in one process: Kafka, registry, a simulated Moka, ingest
	@bin/mokafka dev $(ARGS)

.PHONY: build
build: ## bin/mokafka, stamped with the version git describes
	@go build -trimpath -ldflags '$(LDFLAGS)' -o bin/mokafka ./cmd/mokafka

.PHONY: test
test: ## all tests, on the embedded broker (KAFKA_BROKERS names another)
	@go test $(PKG)

.PHONY: test-race
test-race: ## all tests under the race detector (needs a C compiler)
	@CGO_ENABLED=1 go test -race $(PKG)

.PHONY: test-kafka
test-kafka: ## the Kafka-facing tests on three real brokers and a real registry (needs Java 17, Maven)
	@. .ci/kafka/env.sh && go test -count=1 -p=1 $(KAFKA_PKGS) ./schemas

.PHONY: test-secure
test-secure: ## least rights and logins on a real broker with TLS, SASL and an authorizer (needs Java 17, Maven, openssl)
	@.ci/kafka/secure up && eval "$$(.ci/kafka/secure env)" && go test -count=1 -run 'LeastRights|LoginsOnARealBroker' ./cmd/mokafka

.PHONY: kafka-down
kafka-down: ## stop the brokers and the registry that test-kafka leaves running
	@.ci/kafka/kafka down && .ci/kafka/registry down && .ci/kafka/secure down

.PHONY: test-container
test-container: ## the Kafka-facing tests, each on a broker in a container (needs Docker)
	@KAFKA_CONTAINER=1 MOKAFKA_REQUIRE_CONTAINER=1 go test -count=1 -p=1 $(KAFKA_PKGS)

.PHONY: test-differential
test-differential: ## both Avro implementations over every schema: what one writes the other reads
	@go -C internal/tools/avrogen test ./...

.PHONY: bench
bench: ## measure beside floors and peers: intake, one event, derive (OUT=report.md BENCH="parts=intake rounds=5")
	@go build -o bin/bench ./internal/bench
	@bin/bench revision=$(VERSION) out=$(OUT) $(BENCH)

.PHONY: bench-poll
bench-poll: ## measure polling on a virtual clock, small (BENCH="company=50000 changes=200,2000,20000 hours=24 history=100000 known=1000000": large)
	@go build -o bin/bench ./internal/bench
	@bin/bench revision=$(VERSION) out=$(OUT) parts=polling $(BENCH)

.PHONY: lint
lint: bin/golangci-lint ## golangci-lint with the import rules of the design
	@bin/golangci-lint run $(PKG)

.PHONY: fmt
fmt: bin/golangci-lint ## format every Go file
	@bin/golangci-lint fmt

.PHONY: vuln
vuln: bin/govulncheck ## known vulnerabilities in what is called (asks vuln.go.dev)
	@bin/govulncheck $(PKG)

# The licences that what is linked into the binary may have.
LICENCES    ?= Apache-2.0 BSD-2-Clause BSD-3-Clause ISC MIT

.PHONY: licences
licences: bin/go-licenses ## bin/licences.csv: the licences of what is in the binary; fails on one that is not allowed
	@bin/go-licenses report ./cmd/mokafka --ignore $$(go list -m) >bin/licences.csv 2>bin/licences.log || \
		{ cat bin/licences.log; exit 1; }
	@awk -F, -v allowed='$(LICENCES)' 'BEGIN {split(allowed, list, " "); for (i in list) ok[list[i]] = 1} \
		!($$3 in ok) {print $$1 ": its licence, " $$3 ", is not among those allowed: $(LICENCES)"; bad = 1} \
		END {if (NR == 0) {print "nothing was found"; bad = 1}; exit bad}' bin/licences.csv
	@echo "$$(wc -l <bin/licences.csv) packages, all with licences that are allowed: bin/licences.csv"

.PHONY: sbom
sbom: bin/cyclonedx-gomod ## bin/sbom.json: the software bill of materials of the binary, CycloneDX
	@bin/cyclonedx-gomod app -json -licenses -noserial -notimestamp -output bin/sbom.json -main cmd/mokafka . 2>bin/sbom.log || \
		{ cat bin/sbom.log; exit 1; }
	@echo "$$(grep -c '"purl"' bin/sbom.json) modules: bin/sbom.json"

.PHONY: generate
generate: bin/avrogen ## the Go types of schemas/ from schemas/avsc, and schemas/docs
	@PATH="$(CURDIR)/bin:$$PATH" go generate ./schemas/...
	@$(MAKE) -s docs

.PHONY: docs
docs: ## schemas/docs: a page for each topic, and asyncapi.yaml
	@rm -rf bin/docs
	@KAFKA_TOPIC_PREFIX=moka KAFKA_TOPIC_PARTITIONS=12 KAFKA_TOPIC_REPLICATION=3 \
		go run ./cmd/mokafka topics docs --out bin/docs >/dev/null
	@rm -rf schemas/docs && cp -r bin/docs schemas/docs

.PHONY: generate-check
generate-check: bin/avrogen ## fail if generate changes anything in schemas/
	@sums() { find schemas -type f | sort | xargs cksum; }; \
	before=$$(sums) && $(MAKE) -s generate && test "$$before" = "$$(sums)" || \
		{ git --no-pager diff -- schemas; echo "schemas/ is not what 'make generate' writes: commit its output"; exit 1; }

.PHONY: image
image: ## a container image, mokafka:VERSION, by deploy/Dockerfile (needs Docker)
	@docker build -f deploy/Dockerfile -t mokafka:$(VERSION) --build-arg VERSION=$(VERSION) \
		--build-arg SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct) .

.PHONY: deploy
deploy: ## the dashboards and the PrometheusRule of deploy/ from what they are written from
	@go -C internal/tools/deploy run ./dashboards $(CURDIR)/deploy

.PHONY: deploy-check
deploy-check: ## check deploy/ and docker-compose.yml, and each panel by a Prometheus (needs Debian's prometheus)
	@.ci/deploy/run

.PHONY: screenshots
screenshots: ## deploy/grafana/screenshots by Grafana's components (what they need: internal/tools/screenshots)
	@npm --prefix internal/tools/screenshots ci --ignore-scripts --no-audit --no-fund
	@.ci/deploy/run live node internal/tools/screenshots/take.mjs

.PHONY: clean
clean: ## remove bin/ and the coverage and profile files
	@rm -rf bin coverage.out
	@find . -type f \( -name '*.prof' -o -name '*.test' \) -exec rm -f {} +

# Tools. Each is rebuilt when its go.mod names another version.
bin/avrogen: internal/tools/avrogen/go.mod
	@go -C internal/tools/avrogen build -o $(CURDIR)/$@ github.com/hamba/avro/v2/cmd/avrogen

bin/golangci-lint: internal/tools/lint/go.mod
	@go -C internal/tools/lint build -o $(CURDIR)/$@ github.com/golangci/golangci-lint/v2/cmd/golangci-lint

bin/govulncheck: internal/tools/vuln/go.mod
	@go -C internal/tools/vuln build -o $(CURDIR)/$@ golang.org/x/vuln/cmd/govulncheck

bin/go-licenses: internal/tools/licences/go.mod
	@go -C internal/tools/licences build -o $(CURDIR)/$@ github.com/google/go-licenses/v2

bin/cyclonedx-gomod: internal/tools/sbom/go.mod
	@go -C internal/tools/sbom build -o $(CURDIR)/$@ github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod
