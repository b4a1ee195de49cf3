"""What a worker prints: one line of JSON for each call."""

import json


def report(step, response):
    """Prints what a call returned, in the API's own names."""
    result = {name: value for name, value in response.items() if name != "ResponseMetadata"}
    print(json.dumps({"step": step, "result": result}), flush=True)
    return response


def report_error(step, error):
    code, message = error.response["Error"]["Code"], error.response["Error"]["Message"]
    print(json.dumps({"step": step, "error": {"code": code, "message": message}}), flush=True)
