#!/usr/bin/env python3
"""Prepare an InfluxDB 2 for Atsuen: a bucket, a token that may only write it, and one that may only read it.

May be run any number of times: what is there is left as it is. A token is shown by InfluxDB once, when it is made, so
it is written to a file at once; `--renew` makes new ones and revokes the old.
"""

# The library gives the management of a server no types:
# mypy: disable-error-code="no-untyped-call"

import argparse
import os
import sys
from dataclasses import dataclass
from pathlib import Path

import urllib3.exceptions
from influxdb_client.client.influxdb_client import InfluxDBClient
from influxdb_client.domain.authorization import Authorization
from influxdb_client.domain.bucket import Bucket
from influxdb_client.domain.bucket_retention_rules import BucketRetentionRules
from influxdb_client.domain.permission import Permission
from influxdb_client.domain.permission_resource import PermissionResource
from influxdb_client.rest import ApiException

DAY_S = 86_400


class NotDone(Exception):  # noqa: N818 - told to the person who runs this, without a trace
    """Something was not done, and why."""


@dataclass(frozen=True)
class Token:
    """A token to make: what it may do with the bucket, and the file that gets it."""

    user: str
    action: str
    file_name: str

    def description(self, bucket: str) -> str:
        """How the token is found again among those of the organisation."""
        return f"atsuen {self.user}: {self.action} {bucket}"


TOKENS = (
    Token("bridge", "write", "atsuen-bridge.influx__token"),
    Token("grafana", "read", "grafana.influx__token"),
)


def main() -> int:
    """Set up what is missing; 0 when all is there afterwards, 1 when something is not."""
    options = read_options()
    try:
        operator_token = options.operator_token_file.read_text(encoding="utf-8").strip()
        with InfluxDBClient(options.url, operator_token, org=options.org, timeout=10_000) as client:
            set_up(client, options)
    except NotDone as error:
        print(f"not done: {error}", file=sys.stderr)
    except OSError as error:
        print(f"not done: {error.filename}: {error.strerror}", file=sys.stderr)
    except ApiException as error:
        print(f"not done: {options.url} answers {error.status}: {error.message}", file=sys.stderr)
    except urllib3.exceptions.HTTPError as error:
        print(f"not done: {options.url} does not answer: {error}", file=sys.stderr)
    else:
        return 0
    return 1


def read_options() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", default="http://127.0.0.1:8086")
    parser.add_argument("--org", required=True, help="an organisation that exists")
    parser.add_argument("--bucket", default="atsuen")
    parser.add_argument(
        "--retention-days", type=int, default=0, help="how long lines are kept; 0, the default: for ever"
    )
    parser.add_argument(
        "--operator-token-file", type=Path, required=True, help="a file with a token that may do all this"
    )
    parser.add_argument(
        "--tokens", type=Path, default=Path("/etc/credstore"), help="the folder that gets the new tokens"
    )
    parser.add_argument("--renew", action="store_true", help="make new tokens and revoke the old")
    return parser.parse_args()


def set_up(client: InfluxDBClient, options: argparse.Namespace) -> None:
    """Bucket and tokens. Raises NotDone."""
    organisations = client.organizations_api().find_organizations(org=options.org)
    if not organisations:
        raise NotDone(f"there is no organisation {options.org!r}; make it with: influx setup")
    org_id = organisations[0].id
    bucket = ensure_bucket(client, options, org_id)
    if not options.tokens.is_dir():
        raise NotDone(f"{options.tokens} is no folder; make it, readable by root alone, or name another with --tokens")
    for token in TOKENS:
        ensure_token(client, options, bucket, token)


def ensure_bucket(client: InfluxDBClient, options: argparse.Namespace, org_id: str) -> Bucket:
    """The bucket, made if it is missing. Raises NotDone when it keeps its lines for another time than asked."""
    wanted_s = options.retention_days * DAY_S
    found = client.buckets_api().find_buckets(name=options.bucket, org_id=org_id).buckets
    if not found:
        rules = BucketRetentionRules(type="expire", every_seconds=wanted_s)
        made: Bucket = client.buckets_api().create_bucket(bucket_name=options.bucket, retention_rules=rules, org=org_id)
        print(f"bucket {options.bucket}: made")
        return made
    bucket: Bucket = found[0]
    kept_s = sum(rule.every_seconds for rule in bucket.retention_rules or [])
    if kept_s != wanted_s:
        raise NotDone(
            f"bucket {options.bucket} keeps lines for {kept_s // DAY_S} days, not {options.retention_days}, where 0 is "
            "for ever; a shorter time deletes lines, so it is for you to change: influx bucket update --retention"
        )
    print(f"bucket {options.bucket}: there")
    return bucket


def ensure_token(client: InfluxDBClient, options: argparse.Namespace, bucket: Bucket, token: Token) -> None:
    """A token with one permission, in its file. Raises NotDone when it was made earlier and its file is gone."""
    authorizations = client.authorizations_api()
    description, path = token.description(options.bucket), options.tokens / token.file_name
    old = [each for each in authorizations.find_authorizations(org_id=bucket.org_id) if each.description == description]
    if old and not options.renew:
        if not path.exists():
            raise NotDone(f"token {description!r} was made earlier, and {path} is gone; make a new one with --renew")
        print(f"token to {token.action} for {token.user}: there")
        return
    resource = PermissionResource(type="buckets", id=bucket.id, org_id=bucket.org_id)
    wanted = Authorization(
        org_id=bucket.org_id, permissions=[Permission(token.action, resource)], description=description
    )
    write_secret(path, authorizations.create_authorization(authorization=wanted).token)
    for each in old:
        authorizations.delete_authorization(each)
    print(f"token to {token.action} for {token.user}: written to {path}")


def write_secret(path: Path, secret: str) -> None:
    """Write a file that only its owner may read, in place of an older one."""
    new = path.with_name(f"{path.name}.new")
    new.unlink(missing_ok=True)
    with open(new, "x", encoding="utf-8", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        file.write(secret + "\n")
    new.replace(path)


if __name__ == "__main__":
    sys.exit(main())
