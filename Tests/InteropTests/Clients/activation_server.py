"""An operator's web server: activation_server.py FOLDER.

Prints its port. Every POST is appended to FOLDER/requests, one line each: the path, a space, and the
body. The answers are the lines of FOLDER/answers, `STATUS BODY`, the last one again and again.
"""

import http.server
import sys
import time

FOLDER = sys.argv[1]


class Handler(http.server.BaseHTTPRequestHandler):
    served = 0

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with open(f"{FOLDER}/requests", "ab") as file:
            file.write(self.path.encode() + b" " + body + b"\n")
        with open(f"{FOLDER}/answers") as file:
            answers = file.read().splitlines()
        status, _, text = answers[min(Handler.served, len(answers) - 1)].partition(" ")
        Handler.served += 1
        if status == "hang":
            time.sleep(30)
            return
        self.send_response(int(status))
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_address[1], flush=True)
server.serve_forever()
