# A receiver of `format = "batch"`: returns a result for each event.
import gzip, json, os, sqlite3
from http.server import BaseHTTPRequestHandler, HTTPServer

db = sqlite3.connect(os.environ.get("EVENTS_DB", "events.db"))
db.execute("CREATE TABLE IF NOT EXISTS event (id TEXT PRIMARY KEY, body TEXT)")


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        results = []
        with db:  # one transaction: the answer is sent after the commit
            for event in json.loads(body)["events"]:
                row = (event["event_id"], json.dumps(event))
                new = db.execute("INSERT OR IGNORE INTO event VALUES (?, ?)", row).rowcount == 1
                results.append({"event_id": row[0], "status": "success" if new else "duplicate"})
        answer = json.dumps({"results": results}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)


HTTPServer(("127.0.0.1", int(os.environ.get("PORT", 8080))), Receiver).serve_forever()
