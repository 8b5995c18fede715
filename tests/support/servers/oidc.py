"""A provider of logins (OpenID Connect) on loopback, which lets in whoever asks, without a page."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

CLIENT = "light-table"


@contextmanager
def login_provider(claims: dict[str, Any]) -> Iterator[str]:
    """The address of its metadata; everybody who logs in gets these claims."""
    from joserfc import jwt
    from joserfc.jwk import RSAKey

    key = RSAKey.generate_key(2048, {"kid": "1"})
    nonces: dict[str, str] = {}

    class Provider(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(asked.query).items()}
            if asked.path == "/authorize":
                nonces["code"] = query.get("nonce", "")
                back = urlencode({"code": "code", "state": query["state"]})
                self.send_response(302)
                self.send_header("Location", f"{query['redirect_uri']}?{back}")
                self.end_headers()
            elif asked.path == "/keys":
                self._answer({"keys": [key.as_dict(private=False)]})
            else:
                self._answer(metadata)

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            now = int(time.time())
            said = {"iss": here, "aud": CLIENT, "iat": now, "exp": now + 600, **claims}
            token = jwt.encode(
                {"alg": "RS256", "kid": "1"}, {**said, "nonce": nonces.get("code", "")}, key
            )
            self._answer({"access_token": "a", "token_type": "Bearer", "id_token": token})

        def _answer(self, document: dict[str, Any]) -> None:
            body = json.dumps(document).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Provider)
    here = f"http://127.0.0.1:{server.server_port}"
    metadata = {
        "issuer": here,
        "authorization_endpoint": f"{here}/authorize",
        "token_endpoint": f"{here}/token",
        "jwks_uri": f"{here}/keys",
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
    }
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"{here}/.well-known/openid-configuration"
    finally:
        server.shutdown()
        server.server_close()
