"""moto's server, which checks signatures with botocore's own code, with keys that may do anything.

Writes the keys to the file that it is given: {"user": {...}, "role": {...}}, the second with a session token.
"""

import json
import os
import signal
import sys

# Only the calls that make the keys go unchecked.
CALLS_WITHOUT_KEYS = 7
os.environ["INITIAL_NO_AUTH_ACTION_COUNT"] = str(CALLS_WITHOUT_KEYS)

import boto3  # noqa: E402
from moto.server import ThreadedMotoServer  # noqa: E402

ANYTHING = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
)
PIPELINE_ROLE = "pipeline"


def trust(principal):
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def make_keys(url):
    def client(service):
        return boto3.client(
            service,
            endpoint_url=url,
            region_name="us-east-1",
            aws_access_key_id="nobody",
            aws_secret_access_key="nothing",
        )

    iam, sts = client("iam"), client("sts")
    iam.create_user(UserName="worker")
    iam.put_user_policy(UserName="worker", PolicyName="anything", PolicyDocument=ANYTHING)
    user = iam.create_access_key(UserName="worker")["AccessKey"]
    policy = trust({"AWS": "*"})
    role = iam.create_role(RoleName="worker", AssumeRolePolicyDocument=policy)["Role"]
    iam.put_role_policy(RoleName="worker", PolicyName="anything", PolicyDocument=ANYTHING)
    # The one that pipelines run as.
    policy = trust({"Service": "codepipeline.amazonaws.com"})
    iam.create_role(RoleName=PIPELINE_ROLE, AssumeRolePolicyDocument=policy)
    session = sts.assume_role(RoleArn=role["Arn"], RoleSessionName="session")["Credentials"]
    return {"user": keys(user), "role": keys(session)}


def keys(answer):
    names = ["AccessKeyId", "SecretAccessKey", "SessionToken"]
    return {name: answer[name] for name in names if name in answer}


def main(keys_file):
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    with open(keys_file, "w", encoding="utf-8") as file:
        json.dump(make_keys(url), file)
    print(f"listening on {url}", flush=True)
    signal.pause()


main(sys.argv[1])
