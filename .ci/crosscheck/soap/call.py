"""Has zeep, a SOAP client, read the WSDL and call pushCandidate.

Over SOAP 1.1 and 1.2, with the document as a text and as elements, with the
answers true and false and with a fault. What was answered with true must become
an event.
"""

import json
import os
import pathlib
import re
import subprocess
import sys
import time

import requests
import zeep
from lxml import etree

DOOR, KEY = os.environ["DOOR"], os.environ["WEBHOOK_SIGNING_KEYS"]
SAMPLE = pathlib.Path("ingest/webhook/testdata/soap_pushCandidate.xml").read_text(encoding="utf-8")
faults: list[str] = []


def expect(ok: bool, what: str, *details) -> None:
    print("  ok  " if ok else "  NOT ", what)
    if not ok:
        faults.append(" ".join([what, *(str(d)[:300] for d in details)]))


def client(token: str) -> zeep.Client:
    session = requests.Session()
    session.trust_env = False
    session.headers["Authorization"] = f"Bearer {token}"
    return zeep.Client(f"{DOOR}?wsdl", transport=zeep.Transport(session=session, timeout=10, operation_timeout=10))


def document(application: int) -> str:
    text = re.sub(r"(<id>).*?(</id>)", rf"\g<1>soap-{application}\g<2>", SAMPLE, count=1)
    return re.sub(r"(<applicationid>).*?(</applicationid>)", rf"\g<1>{application}\g<2>", text)


def nested(service: zeep.proxy.ServiceProxy, soap: zeep.Client, text: str) -> bool:
    """Puts elements where zeep would put a text, and sends what results."""
    envelope = soap.create_message(service, "pushCandidate", candidate="")
    parameter = envelope.find(".//{urn:mokafka:webhook}candidate")
    parameter.append(etree.fromstring(text.encode()))
    binding = service._binding
    kind = "application/soap+xml" if isinstance(binding, zeep.wsdl.bindings.Soap12Binding) else "text/xml"
    response = soap.transport.post_xml(
        service._binding_options["address"], envelope, {"Content-Type": f"{kind}; charset=utf-8", "SOAPAction": '""'})
    return binding.process_reply(soap, binding.get("pushCandidate"), response)


def main() -> None:
    soap = client(KEY)
    ports = sorted(soap.wsdl.services["MokaWebhookService"].ports)
    expect(ports == ["MokaWebhookPort", "MokaWebhookPort12"], "the WSDL is read, with two ports", ports)
    pushed = []
    for number, port in enumerate(ports):
        service = soap.bind("MokaWebhookService", port)
        application = 41000 + 10 * number
        expect(service.pushCandidate(document(application)) is True, f"{port}: a text is answered with true")
        expect(nested(service, soap, document(application + 1)) is True, f"{port}: elements are answered with true")
        pushed += [application, application + 1]
        empty = "<root><event>pushCandidate</event><data><name>x</name></data></root>"
        expect(service.pushCandidate(empty) is False, f"{port}: a document without an application is answered with false")
        expect(nested(service, soap, empty) is False, f"{port}: as elements too")
        for what, call in {
            "a document with a DTD": lambda s: s.pushCandidate("<!DOCTYPE a><root/>"),
            "a token of somebody else": lambda _, port=port: client("wrong").bind("MokaWebhookService", port).pushCandidate(document(1)),
        }.items():
            try:
                answer = call(service)
                expect(False, f"{port}: {what} is answered with a fault", answer)
            except zeep.exceptions.Fault as fault:
                chinese = any("\u4e00" <= c <= "\u9fff" for c in fault.message)
                expect(chinese and bool(fault.code), f"{port}: {what} is answered with a fault", fault.code, fault.message)

    missing = set(map(str, pushed))
    end = time.monotonic() + 30
    while missing and time.monotonic() < end:
        lines = subprocess.run(
            ["bin/mokafka", "tail", "candidates", "--from", "earliest", "--exit-at-end", "--json",
             "--brokers", os.environ["KAFKA"], "--registry", os.environ["REGISTRY"]],
            check=False, capture_output=True, text=True).stdout.splitlines()
        missing -= {json.loads(line)["key"].rsplit(":", 1)[-1] for line in lines}
        time.sleep(0.2)
    expect(not missing, "every true became an event", missing)


main()
if faults:
    print(*faults, sep="\n", file=sys.stderr)
    sys.exit(1)
