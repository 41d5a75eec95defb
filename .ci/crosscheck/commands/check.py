"""Commands of a foreign producer: each has the outcome that schemas/commands.md says,
took effect in Moka as often as it should, and the events that show the effects name
the command, while those that show what people did name none."""

import datetime
import json
import os
import sys
import time
import urllib.request
import uuid

import readers
from command import Commander

ORG, SIM, PREFIX = os.environ["MOKA_ORG_ID"], os.environ["SIM_URL"], os.environ["KAFKA_TOPIC_PREFIX"]
moka = Commander(os.environ["KAFKA_BROKERS"], os.environ["SCHEMA_REGISTRY_URL"], PREFIX)
faults: list[str] = []


def expect(ok: bool, what: str, *details) -> None:
    if not ok:
        faults.append(" ".join([what, *(str(d)[:600] for d in details)]))


def sim(path: str, body: dict | None = None):
    request = urllib.request.Request(
        SIM + "/__sim/" + path, data=None if body is None else json.dumps(body).encode(),
        method="GET" if body is None else "POST")
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


def command(application: int | None, **more) -> dict:
    return {
        "command_id": str(uuid.uuid4()), "org_id": ORG, "application_id": application, "requested_by": "crosscheck",
        "requested_at": datetime.datetime.now(datetime.timezone.utc), **more,
    }


def judge(what: str, c: dict, outcome: str, reason: str = "", **record) -> dict:
    """Sends a command, and wants its outcome."""
    result = moka.follow(c["command_id"], moka.send(c, **record))[-1]
    expect(result["outcome"] == outcome, f"{what}: want {outcome}, got", result)
    expect(reason in (result["reason"] or ""), f"{what}: want a reason with {reason!r}, got", result["reason"])
    expect(result["command_id"] == c["command_id"] and result["application_id"] == c["application_id"], what, result)
    return result


def effects(operation: str, application: int) -> int:
    log = sim("effects")["effects"]
    return sum(e["operation"] == operation and e.get("applicationId") == application for e in log)


def causes(topic: str, application: int, kind: str | None, seconds: float = 60) -> list[str | None]:
    """The commands that the events of a kind (None: of any) name, once there is one."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = [
            r["headers"].get("ce_causationid") for r in readers.confluent(f"{PREFIX}.{topic}.v1").values()
            if r["value"]["application_id"] == application and kind in (None, r["value"]["type"])
        ]
        if found:
            return found
        time.sleep(0.5)
    return []


def main() -> int:
    people = [a for a in sim("truth?limit=1000")["applications"]
              if not a["archived"] and a["stageName"] == "初筛" and not a.get("offerStatus")]
    ours, theirs, offered, leaving = (a["applicationId"] for a in people[:4])
    first = people[0]["stageId"]
    for a in (ours, theirs, offered):
        sim("act", {"act": "remark", "applicationId": a})
        expect(causes("candidates", a, "CREATED") == [None], f"application {a} is not known, or its event has a cause")

    move = command(ours, move_stage={"stage_name": "面试"}, expected_stage_id=first)
    result = judge("a move by name", move, "APPLIED")
    expect(json.loads(result["before"]) == {"id": first, "name": "初筛"}, "a move: before", result["before"])
    expect(json.loads(result["after"]) == {"id": first + 2, "name": "面试"}, "a move: after", result["after"])
    moka.send(move)  # a producer that repeats itself
    judge("the same wish under another id", command(ours, move_stage={"stage_id": first + 2}), "ALREADY_APPLIED")
    expect(effects("move_stage", ours) == 1, "moves that took effect:", effects("move_stage", ours), sim("effects"))
    sim("act", {"act": "move", "applicationId": theirs, "stageId": first + 2})
    found = causes("candidates", ours, "STAGE_MOVED")
    expect(found == [move["command_id"]], "the cause of our move:", found)
    found = causes("candidates", theirs, "STAGE_MOVED")
    expect(found == [None], "the cause of a person's move:", found)

    judge("a precondition", command(ours, move_stage={"stage_id": first}, expected_stage_id=first), "REJECTED", "precondition:")
    old = command(theirs, move_stage={"stage_id": first})
    old["requested_at"] -= datetime.timedelta(hours=1)
    judge("a command older than what a person did", old, "REJECTED", "superseded:")
    late = command(ours, move_stage={"stage_id": first}, expires_at=datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=1))
    judge("a command that has expired", late, "EXPIRED")
    judge("a stage that there is not", command(ours, move_stage={"stage_name": "nowhere"}), "REJECTED", "no stage of that name")
    judge("none of the actions", command(ours), "REJECTED", "no action")
    judge("a probation of 9 months", command(ours, mark_hired={"hired_at": move["requested_at"], "probation_months": 9}), "REJECTED", "0 to 6")
    wrong = command(ours, move_stage={"stage_id": first})
    there = readers.java_partition(moka.key(wrong), readers.partitions(moka.commands))
    judge("a partitioner that is not Java's", wrong, "REJECTED", "murmur2", partition=(there + 1) % readers.partitions(moka.commands))
    judge("another key", command(ours, move_stage={"stage_id": first}), "REJECTED", "key", key=f"{ORG}:app:{theirs}")

    for act in ("offer_create", "offer_approve", "offer_send"):
        sim("act", {"act": act, "applicationId": offered})
    expect(bool(causes("offers", offered, None)), "the offer is not known")
    accept = command(offered, set_offer_status={"accepted": True}, expected_offer_status="SENT")
    result = judge("an offer that is accepted", accept, "APPLIED")
    expect((result["before"], result["after"]) == ('"SENT"', '"ACCEPTED"'), "an offer:", result)
    found = causes("offers", offered, "ACCEPTED")
    expect(found == [accept["command_id"]], "the cause of the answer:", found)

    day = datetime.datetime(2026, 12, 1, tzinfo=datetime.timezone.utc)
    judge("a hire", command(leaving, mark_hired={"hired_at": day, "probation_months": 3}), "APPLIED")
    expect(effects("hired", leaving) == 1, "hires that took effect", sim("effects"))

    wanted = {"number": "HC-crosscheck", "jobName": "工程师", "needNumber": 2}
    result = judge("a new headcount", command(None, change_headcount={"operation": "CREATE", "parameters_json": json.dumps(wanted)}), "APPLIED")
    made = result["created_id"]
    expect(bool(made), "a new headcount has no id", result)
    judge("a headcount that is changed", command(None, change_headcount={
        "operation": "UPDATE", "headcount_id": made, "parameters_json": json.dumps({"needNumber": 3})}), "APPLIED")

    for fault in faults[:30]:
        print(fault)
    print(f"commands: {len(sim('effects')['effects'])} effects, {len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
