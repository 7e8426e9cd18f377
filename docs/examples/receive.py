"""Takes webhooks of Tidings: verified, once each, answered before the work is done. Python's standard library is enough."""

import base64
import hashlib
import hmac
import json
import os
import queue
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SECRETS = os.environ["WEBHOOK_SECRET"].split()  # whsec_…; two of them while one replaces the other
TOLERANCE = 5 * 60  # seconds by which clocks may differ


def is_genuine(headers, body: bytes) -> bool:
    """Whether the webhook was signed with our secret, and lately."""
    identity, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not timestamp.isdigit() or abs(time.time() - int(timestamp)) > TOLERANCE:
        return False
    signed = f"{identity}.{timestamp}.".encode() + body
    keys = [base64.b64decode(secret.removeprefix("whsec_")) for secret in SECRETS]
    ours = [base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode() for key in keys]
    theirs = [entry[3:] for entry in headers.get("webhook-signature", "").split() if entry.startswith("v1,")]
    return any(hmac.compare_digest(our, their) for our in ours for their in theirs)


work = queue.Queue()
seen = set()  # in a real program: a unique column in the database that the work is done in


def do_work():
    while True:
        event = work.get()
        print(event["event"], event["data"].get("content"), flush=True)


class Receiver(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        # The signature is over the bytes as they came: they are parsed afterwards.
        body = self.rfile.read(int(self.headers["content-length"]))
        if not is_genuine(self.headers, body):
            return self.answer(401)
        identity = self.headers["webhook-id"]
        if identity not in seen:
            seen.add(identity)
            work.put(json.loads(body))
        self.answer(204)

    def answer(self, status):
        self.send_response(status)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


threading.Thread(target=do_work, daemon=True).start()
server = ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", "0"))), Receiver)
print(f"listening on http://127.0.0.1:{server.server_port}", flush=True)
server.serve_forever()
