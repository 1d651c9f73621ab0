"""Reads a feed from a bucket with AWS's own client: prints the revision, and each object whose content is not what the manifest says."""
import hashlib, json, os
import boto3
from botocore.config import Config

s3 = boto3.client(
    "s3", endpoint_url=os.environ["ENDPOINT"], region_name=os.environ["REGION"], verify=os.environ["CA"],
    aws_access_key_id=os.environ["KEY_ID"], aws_secret_access_key=os.environ["KEY"],
    config=Config(s3={"addressing_style": "path"}),
)
read = lambda key: s3.get_object(Bucket=os.environ["BUCKET"], Key=key)["Body"].read()
manifest = json.loads(read("edge/manifest.json"))
wrong = [f["path"] for f in manifest["files"] if hashlib.sha256(read("edge/" + f["path"])).hexdigest() != f["sha256"]]
listed = read("edge/lists/pn-east-a.txt").decode().split()
print(json.dumps({"revision": manifest["revision"], "files": len(manifest["files"]) > 0, "wrong": wrong, "list": listed}))
try:
    read("edge/none")
except s3.exceptions.NoSuchKey as error:
    print(json.dumps(error.response["Error"]["Code"]))
