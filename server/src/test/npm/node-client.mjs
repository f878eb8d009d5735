// Every in-scope method of the unmodified @nangohq/node, against the server at HOST with the key KEY.
// `oauth` is an integration (provider github, in lab mode) whose connection CONNECTION was authorized before.
import assert from 'node:assert/strict';
import { Nango } from '@nangohq/node';

const { HOST, KEY, INTEGRATION, CONNECTION } = process.env;
const nango = new Nango({ host: HOST, secretKey: KEY });
const refused = async (call, status, code) => {
  const error = await call().then(() => assert.fail(`expected ${status} ${code}`), (e) => e);
  assert.equal(error.response?.status, status, error.message);
  assert.equal(error.response.data.error.code, code);
};

// Providers
assert.ok((await nango.listProviders({})).data.length >= 20);
assert.ok((await nango.listProviders({ search: 'slack' })).data.some((p) => p.name === 'slack'));
assert.equal((await nango.getProvider({ provider: 'notion' })).data.auth_mode, 'OAUTH2');

// Integrations
const created = await nango.createIntegration({ provider: 'github', unique_key: 'gh-made', display_name: 'GH', credentials: { type: 'OAUTH2', client_id: 'cid', client_secret: 'cs', scopes: 'repo,user' } });
assert.equal(created.data.unique_key, 'gh-made');
assert.ok((await nango.listIntegrations()).configs?.length >= 1 || (await nango.listIntegrations()).data.length >= 1);
const withSecrets = await nango.getIntegration({ uniqueKey: 'gh-made' }, { include: ['credentials'] });
assert.equal(withSecrets.data.credentials.client_secret, 'cs');
assert.equal((await nango.getIntegration({ uniqueKey: 'gh-made' })).data.credentials, undefined);
assert.equal((await nango.updateIntegration({ uniqueKey: 'gh-made' }, { display_name: 'GH2' })).data.display_name, 'GH2');

// Connections
const imported = await fetch(`${HOST}/connections`, {
  method: 'POST',
  headers: { Authorization: `Bearer ${KEY}`, 'Content-Type': 'application/json' },
  body: JSON.stringify({ provider_config_key: 'gh-made', connection_id: 'imported', credentials: { type: 'OAUTH2', access_token: 'at', refresh_token: 'rt', expires_at: '2036-01-01T00:00:00.000Z' }, tags: { end_user_id: 'u1' } }),
});
assert.equal(imported.status, 201);
const connection = await nango.getConnection('gh-made', 'imported');
assert.equal(connection.credentials.access_token, 'at');
assert.equal(connection.credentials.refresh_token, undefined);
assert.equal(connection.credentials.raw.refresh_token, undefined);
assert.equal((await nango.getConnection('gh-made', 'imported', false, true)).credentials.refresh_token, 'rt');
assert.equal((await nango.getConnectionDetails({ providerConfigKey: 'gh-made', connectionId: 'imported' })).data.provider, 'github');
assert.deepEqual((await nango.listConnections({ connectionId: 'imported' })).connections.map((c) => c.connection_id), ['imported']);
assert.equal((await nango.listConnections({ integrationId: ['gh-made', 'nope'], tags: { end_user_id: 'u1' }, limit: 5 })).connections.length, 1);
assert.equal((await nango.listConnections('imported', 'import')).connections[0].credentials, undefined);
assert.equal((await nango.waitForConnection('gh-made', 'u1')).connection_id, 'imported');
assert.deepEqual(await nango.patchConnection({ connectionId: 'imported', provider_config_key: 'gh-made' }, { tags: { team: 'a' } }), { success: true });
await nango.setMetadata('gh-made', 'imported', { a: 1, b: 1 });
await nango.updateMetadata('gh-made', 'imported', { b: 2 });
assert.deepEqual(await nango.getMetadata('gh-made', 'imported'), { a: 1, b: 2 });
await refused(() => nango.getConnection('gh-made', 'nobody'), 404, 'not_found');
await refused(() => nango.getConnection('nope', 'imported'), 400, 'unknown_provider_config');

// A token that refreshes itself
const token = await nango.getToken(INTEGRATION, CONNECTION);
assert.equal(typeof token, 'string');
const forced = await nango.getToken(INTEGRATION, CONNECTION, true);
assert.notEqual(forced, token);
assert.equal(await nango.getToken(INTEGRATION, CONNECTION), forced);
assert.equal((await nango.getRawTokenResponse(INTEGRATION, CONNECTION)).access_token, forced);

// Sessions
const session = await nango.createConnectSession({ end_user: { id: 'u2', email: 'u2@example.com' }, allowed_integrations: ['gh-made'] });
assert.match(session.data.token, /^nango_connect_session_[0-9a-f]{64}$/);
const again = await nango.createReconnectSession({ connection_id: 'imported', integration_id: 'gh-made' });
assert.ok(again.data.connect_link.includes(again.data.token));
assert.deepEqual(await nango.getEnvironmentVariables(), []);

// Ends
await nango.deleteConnection('gh-made', 'imported');
await refused(() => nango.deleteConnection('gh-made', 'imported'), 400, 'unknown_connection');
await nango.deleteIntegration('gh-made');
await refused(() => nango.deleteIntegration('gh-made'), 404, 'not_found');

const wrong = new Nango({ host: HOST, secretKey: '00000000-0000-4000-8000-000000000000' });
await refused(() => wrong.listIntegrations(), 401, 'unknown_account');
console.log('every method answered');
