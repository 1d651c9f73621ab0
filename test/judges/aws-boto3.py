"""What AWS's own client for Python makes of the simulator: one line of JSON a step, [step, outcome]."""
import json
import os

import boto3
from botocore.exceptions import ClientError

options = {
    "endpoint_url": os.environ["ENDPOINT"],
    "region_name": os.environ["REGION"],
    "verify": os.environ["CA"],
    "aws_access_key_id": os.environ["KEY_ID"],
    "aws_secret_access_key": os.environ["KEY"],
}
firewall = boto3.client("network-firewall", **options)
ec2 = boto3.client("ec2", **options)


def step(name, ask):
    try:
        told = ask()
    except ClientError as error:
        told = error.response["Error"]["Code"]
    print(json.dumps([name, told]), flush=True)
    return told


def entry(cidr):
    return {"Cidr": cidr}


made = {}


def create_list():
    made["list"] = ec2.create_managed_prefix_list(
        PrefixListName="pods", MaxEntries=2, AddressFamily="IPv4", Entries=[entry("10.0.0.1/32")],
        TagSpecifications=[{"ResourceType": "prefix-list", "Tags": [{"Key": "team", "Value": "a & b"}]}])["PrefixList"]
    return made["list"]["State"]


def modify(**changes):
    answer = ec2.modify_managed_prefix_list(PrefixListId=made["list"]["PrefixListId"], **changes)["PrefixList"]
    return [answer["State"], answer["Version"]]


def described():
    found = ec2.describe_managed_prefix_lists(PrefixListIds=[made["list"]["PrefixListId"]])["PrefixLists"][0]
    return [found["State"], found["Version"], found["MaxEntries"], found["Tags"]]


def entries():
    pages = ec2.get_paginator("get_managed_prefix_list_entries").paginate(PrefixListId=made["list"]["PrefixListId"])
    return [row["Cidr"] for page in pages for row in page["Entries"]]


def document(rules):
    return {
        "ReferenceSets": {"IPSetReferences": {"PODS": {"ReferenceArn": made["list"]["PrefixListArn"]}}},
        "RulesSource": {"RulesString": rules},
        "StatefulRuleOptions": {"RuleOrder": "STRICT_ORDER"},
    }


RULES = 'pass tcp @PODS any -> 203.0.113.0/24 443 (msg:"out"; flow:to_server; sid:1; rev:1;)'


def create_group(rules=RULES, **more):
    answer = firewall.create_rule_group(RuleGroupName="out", Type="STATEFUL", Capacity=10, RuleGroup=document(rules), **more)
    made["group"] = answer["RuleGroupResponse"]["RuleGroupArn"]
    made["token"] = answer["UpdateToken"]
    return answer["RuleGroupResponse"]["RuleGroupStatus"]


def update_group(token, rules=RULES):
    return firewall.update_rule_group(UpdateToken=token, RuleGroupArn=made["group"], RuleGroup=document(rules))["RuleGroupResponse"]["RuleGroupStatus"]


def attach(references):
    policy = firewall.describe_firewall_policy(FirewallPolicyName="edge-policy")
    body = {**policy["FirewallPolicy"], "StatefulRuleGroupReferences": references}
    firewall.update_firewall_policy(UpdateToken=policy["UpdateToken"], FirewallPolicyName="edge-policy", FirewallPolicy=body)
    return len(references)


def zones():
    status = firewall.describe_firewall(FirewallName="edge")["FirewallStatus"]
    return [status["ConfigurationSyncStateSummary"], sorted(status["SyncStates"])]


def flushed():
    arn = firewall.describe_firewall(FirewallName="edge")["Firewall"]["FirewallArn"]
    filters = [{"SourceAddress": {"AddressDefinition": "10.0.0.1/32"}}]
    started = firewall.start_flow_flush(FirewallArn=arn, AvailabilityZone="eu-west-1a", FlowFilters=filters)
    return firewall.describe_flow_operation(FirewallArn=arn, FlowOperationId=started["FlowOperationId"])["FlowOperationStatus"]


step("create a list", create_list)
step("a stale version", lambda: modify(CurrentVersion=7, AddEntries=[entry("10.0.0.2/32")]))
step("size and entries at once", lambda: modify(CurrentVersion=1, MaxEntries=5, AddEntries=[entry("10.0.0.2/32")]))
step("add an entry", lambda: modify(CurrentVersion=1, AddEntries=[entry("10.0.0.2/32")]))
step("one too many", lambda: modify(CurrentVersion=2, AddEntries=[entry("10.0.0.3/32")]))
step("another family", lambda: modify(CurrentVersion=2, AddEntries=[entry("2001:db8::1/128")]))
step("read the list", described)
step("read its entries", entries)
step("a dry run", lambda: create_group(DryRun=True))
step("rules that are none", lambda: create_group("pass tcp any"))
step("create a group", create_group)
step("its name again", create_group)
step("a stale token", lambda: update_group("00000000-0000-4000-8000-000000000000"))
step("update the group", lambda: update_group(made["token"]))
step("attach it", lambda: attach([{"ResourceArn": made["group"], "Priority": 10}]))
step("a list in use", lambda: ec2.delete_managed_prefix_list(PrefixListId=made["list"]["PrefixListId"])["PrefixList"]["State"])
step("a group in use", lambda: firewall.delete_rule_group(RuleGroupArn=made["group"])["RuleGroupResponse"]["RuleGroupStatus"])
step("zones", zones)
step("flush", flushed)
if os.environ.get("LEAVE") != "true":
    step("detach it", lambda: attach([]))
    step("delete the group", lambda: firewall.delete_rule_group(RuleGroupArn=made["group"])["RuleGroupResponse"]["RuleGroupStatus"])
    step("groups left", lambda: firewall.list_rule_groups()["RuleGroups"])
    step("delete the list", lambda: ec2.delete_managed_prefix_list(PrefixListId=made["list"]["PrefixListId"])["PrefixList"]["State"])
    step("the list is gone", described)
