#!/usr/bin/env bash
# amazon.aws 10.1.2 (ansible 12.3.0): ec2_vpc_nacl without `subnets` moves all subnets of the network ACL to the VPC's default ACL.
#
# Expected: a task that names the rules of a network ACL, and no subnets, leaves the subnets with it: `subnets` is an option that is not
#           required, and `tags`, which is one too, leaves tags alone when it is absent.
# Seen:     without `subnets`, as with an empty list from a variable, the module associates each subnet of the ACL with the default ACL of
#           the VPC. That permits all traffic in both directions, unless somebody has changed it. What the ACL denied passes at once.
#           The run says `changed`, as after any change of a rule. The documentation gives the default, `[]`, and not what it does.
# So:       name all subnets in each task of an ACL, and make the default ACLs deny everything.
#
# Fails when the output is no longer what is described here. Needs python 3.11 or newer with venv.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
export HOME=$dir AWS_ACCESS_KEY_ID=none AWS_SECRET_ACCESS_KEY=none AWS_REGION=eu-central-1 AWS_DEFAULT_REGION=eu-central-1
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check ansible-core==2.19.4 boto3==1.44.8 'moto[ec2]==5.2.5'
env/bin/pip download --quiet --disable-pip-version-check --no-deps ansible==12.3.0
env/bin/python - <<'PY'
import glob, zipfile

with zipfile.ZipFile(glob.glob("ansible-*.whl")[0]) as package:
    package.extractall(".", [name for name in package.namelist() if "/amazon/aws/plugins/module" in name])
PY

cat >finding.py <<'PY'
import contextlib, io, json

import boto3
from ansible.module_utils import basic
from ansible_collections.amazon.aws.plugins.modules import ec2_vpc_nacl
from moto import mock_aws

RULES = [
    [90, "tcp", "deny", "198.51.100.0/24", None, None, 443, 443],
    [100, "all", "allow", "0.0.0.0/0", None, None, None, None],
]


def run(what, **options):
    """Runs the task with these options, and tells what it says and which ACL the subnet then has."""
    task = {"vpc_id": vpc, "name": "edge", "egress": RULES, "ingress": RULES[1:]} | options
    basic._ANSIBLE_ARGS = json.dumps({"ANSIBLE_MODULE_ARGS": task}).encode()
    basic._ANSIBLE_PROFILE = "legacy"
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.suppress(SystemExit):
        ec2_vpc_nacl.main()
    print(f"{what}: {'changed' if json.loads(said.getvalue())['changed'] else 'ok'}")
    [acl] = ec2.describe_network_acls(Filters=[{"Name": "association.subnet-id", "Values": [subnet]}])["NetworkAcls"]
    entries = sorted((one["RuleNumber"], one["RuleAction"], one["CidrBlock"]) for one in acl["Entries"] if one["Egress"])
    told = ", ".join(f"{action} {network}" for _, action, network in entries)
    print(f"  the subnet has the {'default' if acl['IsDefault'] else 'edge'} ACL, egress: {told}")


# moto stands in for EC2.
with mock_aws():
    ec2 = boto3.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24")["Subnet"]["SubnetId"]
    run("made with the subnet", subnets=[subnet])
    run("the same again", subnets=[subnet])
    run("without subnets")
    run("with the subnet again", subnets=[subnet])
    run("with an empty list of subnets", subnets=[])
PY
env/bin/python finding.py 2>errors | tee seen || { cat errors; exit 1; }

cat >expected <<'TEXT'
made with the subnet: changed
  the subnet has the edge ACL, egress: deny 198.51.100.0/24, allow 0.0.0.0/0
the same again: ok
  the subnet has the edge ACL, egress: deny 198.51.100.0/24, allow 0.0.0.0/0
without subnets: changed
  the subnet has the default ACL, egress: allow 0.0.0.0/0, deny 0.0.0.0/0
with the subnet again: changed
  the subnet has the edge ACL, egress: deny 198.51.100.0/24, allow 0.0.0.0/0
with an empty list of subnets: changed
  the subnet has the default ACL, egress: allow 0.0.0.0/0, deny 0.0.0.0/0
TEXT
diff expected seen && echo "as described: amazon.aws 10.1.2"
