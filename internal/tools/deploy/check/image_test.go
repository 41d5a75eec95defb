package check_test

import (
	"regexp"
	"strings"
	"testing"
)

// TestImage: what .ci/image builds where no image can be pulled is configured as
// deploy/Dockerfile says, and built the same way.
func TestImage(t *testing.T) {
	dockerfile, script := read(t, "deploy", "Dockerfile"), read(t, ".ci", "image")
	_, final, ok := strings.Cut(dockerfile, "\nFROM scratch\n")
	if !ok {
		t.Fatal("the last stage is not FROM scratch")
	}
	final = strings.ReplaceAll(final, "\\\n", " ")
	for line := range strings.Lines(final) {
		directive, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		var wants []string
		switch directive {
		case "USER", "VOLUME", "WORKDIR", "ENTRYPOINT", "CMD", "HEALTHCHECK":
			wants = []string{directive + " " + rest}
		case "ENV", "EXPOSE":
			for _, one := range strings.Fields(rest) {
				wants = append(wants, directive+" "+one)
			}
		}
		for _, want := range wants {
			if !strings.Contains(script, "--change '"+want+"'") {
				t.Errorf(".ci/image lacks: %s", want)
			}
		}
	}
	flags := regexp.MustCompile(`-trimpath -buildvcs=false\s+(?:\\\n\s*)?-ldflags "-s -w -buildid= -X main.version=`)
	for name, text := range map[string]string{"Dockerfile": dockerfile, ".ci/image": script} {
		if !flags.MatchString(text) || !strings.Contains(text, "CGO_ENABLED=0") {
			t.Errorf("%s does not build a static binary that is the same every time", name)
		}
	}
	version := regexp.MustCompile(`(?m)^go (\S+)$`).FindStringSubmatch(read(t, "go.mod"))
	if version == nil || !strings.Contains(dockerfile, "golang:"+strings.TrimSuffix(version[1], ".0")) {
		t.Errorf("the builder's Go is not the module's, %v", version)
	}
}
