"""Calls whose outcomes are printed as the session's are, one line of JSON for each."""

import os
import sys

from botocore.exceptions import ClientError

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "boto3"))

from output import report, report_error  # noqa: E402


def attempt(step, method, **arguments):
    """The response, or `None` where the service refuses."""
    try:
        return report(step, method(**arguments))
    except ClientError as error:
        report_error(step, error)
        return None
