"""Makes one call with nothing but what Python finds in its environment, and prints the answer.

Usage: post.py URL TARGET BODY
"""

import sys
import urllib.request

url, target, body = sys.argv[1:]
headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": target}
request = urllib.request.Request(url, body.encode(), headers)
with urllib.request.urlopen(request, timeout=20) as answer:
    print(answer.read().decode(), end="")
