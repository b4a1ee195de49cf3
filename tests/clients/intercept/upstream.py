"""A server of CodePipeline's name: ends TLS with a certificate of an authority of its own, and passes what it reads on.

    upstream.py HOST TARGET CA_FILE

HOST is the name in the certificate, TARGET the `ADDRESS:PORT` behind, CA_FILE where the authority's certificate goes.
"""

import asyncio
import datetime
import os
import signal
import ssl
import sys
import tempfile

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


def name(text):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def certificate(subject, key, issuer, issuer_key, *extensions):
    now = datetime.datetime.now(datetime.timezone.utc)
    day = datetime.timedelta(days=1)
    builder = x509.CertificateBuilder(name(issuer), name(subject), key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - day).not_valid_after(now + day)
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    return builder.sign(issuer_key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def server_context(host, ca_file):
    authority, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    basic = x509.BasicConstraints(ca=True, path_length=None)
    with open(ca_file, "wb") as file:
        file.write(certificate("authority", authority, "authority", authority, basic))
    names = x509.SubjectAlternativeName([x509.DNSName(host)])
    leaf = certificate(host, key, "authority", authority, names)
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    with tempfile.NamedTemporaryFile() as file:
        file.write(leaf + secret)
        file.flush()
        context.load_cert_chain(file.name)
    return context


async def copy(reader, writer):
    try:
        while piece := await reader.read(65536):
            writer.write(piece)
            await writer.drain()
    except OSError:
        pass
    writer.close()


async def main(host, target, ca_file):
    address, port = target.rsplit(":", 1)

    async def connect(reader, writer):
        to_reader, to_writer = await asyncio.open_connection(address, int(port))
        await asyncio.gather(copy(reader, to_writer), copy(to_reader, writer))

    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, os._exit, 0)
    server = await asyncio.start_server(connect, "127.0.0.1", 0, ssl=server_context(host, ca_file))
    print(f"listening on https://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


asyncio.run(main(*sys.argv[1:]))
