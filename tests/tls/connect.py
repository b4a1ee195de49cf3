"""Connects to servers on loopback as clients in Python do, and says of each whether its certificate was taken.

Usage: connect.py ROOT [NAME PORT]...
"""

import socket
import ssl
import sys

root, *targets = sys.argv[1:]
context = ssl.create_default_context(cafile=root)
# The default from Python 3.13 on.
context.verify_flags |= ssl.VERIFY_X509_STRICT
for name, port in zip(targets[::2], targets[1::2]):
    try:
        with socket.create_connection(("127.0.0.1", int(port)), timeout=10) as plain:
            context.wrap_socket(plain, server_hostname=name).close()
        print("accepted")
    except ssl.SSLError as error:
        print("refused:", error)
