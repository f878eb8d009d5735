// A certified authorization server (npm oidc-provider) on 127.0.0.1: PKCE required, refresh tokens rotated.
// Prints `listening PORT` when it is up. CLIENT_ID, CLIENT_SECRET, REDIRECT_URI, ACCESS_TOKEN_SECONDS by environment.
// STRICT=1: requests must be pushed (RFC 9126), tokens are bound to keys with nonces (RFC 9449), devices get codes (RFC 8628).
import http from 'node:http';
import { Provider } from 'oidc-provider';

const strict = process.env.STRICT === '1';
const server = http.createServer();
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address();
  const provider = new Provider(`http://127.0.0.1:${port}`, {
    clients: [{
      client_id: process.env.CLIENT_ID,
      client_secret: process.env.CLIENT_SECRET,
      redirect_uris: [process.env.REDIRECT_URI],
      grant_types: ['authorization_code', 'refresh_token', ...(strict ? ['urn:ietf:params:oauth:grant-type:device_code'] : [])],
      dpop_bound_access_tokens: strict,
      response_types: ['code'],
      token_endpoint_auth_method: 'client_secret_basic',
    }],
    pkce: { required: () => true },
    rotateRefreshToken: true,
    issueRefreshToken: async () => true,
    features: { devInteractions: { enabled: true }, introspection: { enabled: true }, revocation: { enabled: true },
      ...(strict ? {
        pushedAuthorizationRequests: { enabled: true, requirePushedAuthorizationRequests: true },
        dPoP: { enabled: true, nonceSecret: Buffer.alloc(32, 7), requireNonce: () => true },
        deviceFlow: { enabled: true },
      } : {}) },
    ttl: { AccessToken: Number(process.env.ACCESS_TOKEN_SECONDS ?? 3600), RefreshToken: 86400, Session: 3600, Grant: 86400, Interaction: 600 },
    findAccount: async (ctx, id) => ({ accountId: id, claims: async () => ({ sub: id, email: `${id}@example.com`, email_verified: true, name: id }) }),
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
    cookies: { keys: ['latchkey-test'] },
  });
  server.on('request', provider.callback());
  console.log(`listening ${port}`);
});
