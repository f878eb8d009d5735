"""An OAuth 1.0a server (RFC 5849) by oauthlib, on 127.0.0.1: every signature method, one client, one user who agrees at once.

Prints `listening PORT`. CLIENT_KEY, CLIENT_SECRET and PUBLIC_KEY (PEM) by environment.
"""
import os
import secrets
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from oauthlib.oauth1 import (AccessTokenEndpoint, AuthorizationEndpoint, RequestTokenEndpoint, RequestValidator,
                             ResourceEndpoint)
from oauthlib.oauth1.rfc5849.errors import OAuth1Error

CLIENT = os.environ["CLIENT_KEY"]
METHODS = ("HMAC-SHA1", "HMAC-SHA256", "RSA-SHA1", "PLAINTEXT")


class Validator(RequestValidator):
    enforce_ssl = False
    allowed_signature_methods = METHODS
    client_key_length = request_token_length = access_token_length = nonce_length = verifier_length = (3, 64)
    dummy_client = dummy_request_token = dummy_access_token = "dummy"

    def __init__(self):
        super().__init__()
        self.requests, self.accesses, self.verifiers, self.nonces = {}, {}, {}, set()

    def get_client_secret(self, client_key, request):
        return os.environ["CLIENT_SECRET"] if client_key == CLIENT else "no"

    def get_rsa_key(self, client_key, request):
        return os.environ["PUBLIC_KEY"]

    def validate_client_key(self, client_key, request):
        return client_key == CLIENT

    def validate_timestamp_and_nonce(self, client_key, timestamp, nonce, request, request_token=None, access_token=None):
        used = (client_key, timestamp, nonce, request_token or access_token)
        fresh = used not in self.nonces
        self.nonces.add(used)
        return fresh

    def validate_redirect_uri(self, client_key, redirect_uri, request):
        return redirect_uri.startswith("http://localhost:")

    def get_default_realms(self, client_key, request):
        return []

    def get_realms(self, token, request):
        return []

    def validate_requested_realms(self, client_key, realms, request):
        return True

    def validate_realms(self, client_key, token, request, uri=None, realms=None):
        return True

    def save_request_token(self, token, request):
        self.requests[token["oauth_token"]] = (token["oauth_token_secret"], request.redirect_uri)

    def get_redirect_uri(self, token, request):
        return self.requests[token][1]

    def verify_request_token(self, token, request):
        return token in self.requests

    validate_request_token = lambda self, client_key, token, request: token in self.requests

    def get_request_token_secret(self, client_key, token, request):
        return self.requests.get(token, ("no",))[0]

    def save_verifier(self, token, verifier, request):
        self.verifiers[token] = verifier["oauth_verifier"]

    def validate_verifier(self, client_key, token, verifier, request):
        return self.verifiers.get(token) == verifier

    def invalidate_request_token(self, client_key, request_token, request):
        self.requests.pop(request_token, None)

    def save_access_token(self, token, request):
        self.accesses[token["oauth_token"]] = token["oauth_token_secret"]

    def validate_access_token(self, client_key, token, request):
        return token in self.accesses

    def get_access_token_secret(self, client_key, token, request):
        return self.accesses.get(token, "no")


validator = Validator()
request_tokens, access_tokens = RequestTokenEndpoint(validator), AccessTokenEndpoint(validator)
authorization, resources = AuthorizationEndpoint(validator), ResourceEndpoint(validator)


class Handler(BaseHTTPRequestHandler):
    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        uri = "http://" + self.headers["Host"] + self.path
        call = dict(http_method=self.command, body=body, headers=dict(self.headers))
        path = self.path.split("?")[0]
        try:
            if path == "/request":
                headers, text, status = request_tokens.create_request_token_response(uri, **call)
            elif path == "/access":
                headers, text, status = access_tokens.create_access_token_response(uri, **call)
            elif path == "/authorize":
                headers, text, status = authorization.create_authorization_response(uri, **call)
            else:
                valid, _ = resources.validate_protected_resource_request(uri, **call)
                headers, text, status = {"Content-Type": "application/json"}, '{"valid": %s}' % str(valid).lower(), 200 if valid else 401
        except OAuth1Error as e:
            headers, text, status = {}, e.urlencoded, 400
        data = (text or "").encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = answer

    def log_message(self, *arguments):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print("listening", server.server_address[1], flush=True)
server.serve_forever()
