# Sourced from the root of the repository: starts three real brokers and a real
# registry unless they run, and points the tests at them. They run on until
# `.ci/kafka/kafka down` and `.ci/kafka/registry down`.
.ci/kafka/kafka up && .ci/kafka/registry up &&
  eval "$(.ci/kafka/kafka env; .ci/kafka/registry env)" &&
  export MOKAFKA_REQUIRE_REAL=1
