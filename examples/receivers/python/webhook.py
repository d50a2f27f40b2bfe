# A receiver of `format = "webhook"`: verifies the signature, takes each event once.
import base64, hmac, os, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

KEY = base64.b64decode(os.environ["HOOK_SECRET"].removeprefix("whsec_"))
assert KEY, "HOOK_SECRET is empty"
# In memory to be short. Keep the ids where the effect is, written in one transaction with it.
taken = {}


def is_signed(headers, body):
    sent = headers.get("webhook-timestamp", "")
    if not sent.isdecimal() or abs(time.time() - int(sent)) > 300:
        return False
    text = f'{headers.get("webhook-id")}.{sent}.'.encode() + body
    wanted = "v1," + base64.b64encode(hmac.digest(KEY, text, "sha256")).decode()
    given = headers.get("webhook-signature", "").split(" ")
    return any(hmac.compare_digest(one.encode(), wanted.encode()) for one in given)


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        accepted = is_signed(self.headers, body)
        if accepted:
            taken.setdefault(self.headers["webhook-id"], body)
        self.send_response(204 if accepted else 401)
        self.end_headers()


ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", 8080))), Receiver).serve_forever()
