// Every public method of one version of @nangohq/node (the package CLIENT), unmodified, against the server at HOST.
// The methods are taken from the class itself: one without a line below fails. Prints a line RESULT {method, outcome, note} for each.
// `gh` is a lab integration with the connection CONNECTION; `acme` one whose calls are answered by an echo, with the connection c1.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';

const { CLIENT, HOST, KEY, CONNECTION, RECEIVER } = process.env;
const entry = import.meta.resolve(CLIENT);
const { Nango } = await import(entry);
// The package's types say what is private; in JavaScript all are alike.
const types = readFileSync(fileURLToPath(entry).replace(/index\.\w+$/, 'index.d.ts'), 'utf8');
const isPrivate = (name) => new RegExp(`^\\s*private ${name}\\b`, 'm').test(types);
const nango = new Nango({ host: HOST, secretKey: KEY });

const api = async (method, path, body) => {
  const answer = await fetch(`${HOST}${path}`, {
    method,
    headers: { Authorization: `Bearer ${KEY}`, 'Content-Type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  assert.ok(answer.ok, `${method} ${path}: ${answer.status} ${text}`);
  return text ? JSON.parse(text) : {};
};
const suffix = CLIENT.replace(/\W/g, '');
const integration = `made-${suffix}`;
const credentials = { type: 'OAUTH2', client_id: 'cid', client_secret: 'cs', scopes: 'repo,user' };
const makeIntegration = async (key) => api('POST', '/integrations', { provider: 'github', unique_key: key, credentials });
await makeIntegration(integration);
const makeConnection = async (id) =>
  api('POST', '/connections', {
    provider_config_key: integration,
    connection_id: id,
    credentials: { type: 'OAUTH2', access_token: 'at', refresh_token: 'rt', expires_at: '2036-01-01T00:00:00.000Z' },
    end_user: { id: `user-${suffix}` },
  });
const connection = `imported-${suffix}`;
await makeConnection(connection);

// One delivery of a webhook, as it arrived
const delivery = async () => {
  let arrived;
  const received = new Promise((resolve) => (arrived = resolve));
  const server = createServer((request, response) => {
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      response.end();
      arrived({ headers: request.headers, body: Buffer.concat(chunks).toString() });
    });
  }).listen(Number(RECEIVER), '127.0.0.1');
  const made = await api('POST', '/environment/webhooks', { url: `http://127.0.0.1:${RECEIVER}/${suffix}` });
  const { id } = made.data ?? made;
  await api('POST', `/environment/webhooks/${id}/test`);
  const got = await received;
  server.closeAllConnections();
  server.close();
  await api('DELETE', `/environment/webhooks/${id}`);
  return got;
};

const proxied = { providerConfigKey: 'acme', connectionId: 'c1' };
const viaProxy = (method, call) => async () => {
  const got = await call({ ...proxied, endpoint: '/items/1?a=1', headers: { 'X-Mine': 'yes' }, ...(method === 'GET' || method === 'DELETE' ? {} : { data: { name: 'ä' } }) });
  assert.equal(got.status, 200);
  assert.equal(got.data.method, method);
  assert.equal(got.data.target, '/v1/items/1?a=1');
  assert.equal(got.data.headers.authorization, 'Bearer at-1');
  assert.equal(got.data.headers['x-mine'], 'yes');
  if (method !== 'GET' && method !== 'DELETE') assert.deepEqual(JSON.parse(got.data.body), { name: 'ä' });
};
// Paths that are not here answer 404 in the API's shape.
const notHere = (note, call) => async () => {
  const error = await call().then((value) => assert.fail(`it answered ${JSON.stringify(value?.data ?? value)}`), (e) => e);
  assert.equal(error.response?.status, 404, error.message);
  assert.equal(typeof error.response.data.error.code, 'string');
  return { outcome: 'not here', note };
};
// A client that refuses the right arguments itself.
const api404 = (error) => {
  assert.match(error.message, /must be a string/);
  return Promise.reject(Object.assign(error, { response: { status: 404, data: { error: { code: 'not_found' } } } }));
};
const SYNCS = 'syncs and records';
const ACTIONS = 'actions';
const FUNCTIONS = 'functions';
const GONE = 'older versions send it to a path that Nango has no longer either';
// Methods that throw before they send anything.
const refusedByTheClient = (call) => async () => {
  await assert.rejects(async () => call(), /deprecated/);
  return { outcome: 'not here', note: 'the client itself refuses it' };
};
// Older versions take the provider, the key and the credentials one by one, and send them to a path of their own.
const takesBody = (method) => !/provider_config_key: \w+, \.\.\.credentials/.test(String(method)) || /providerOr(Body|Params)/.test(String(method));
// With the client that knows the secret key alone, as a backend has it before it moves: the signing key was brought along.
const verified = (verify) => async () => {
  const { headers, body } = await delivery();
  assert.equal(verify(nango, headers, body), true);
  assert.equal(verify(nango, headers, `${body} `), false);
  return { note: 'with the signing key brought along (`--signing-key`), or given as `webhookSigningKey`' };
};

const methods = {
  async listProviders() {
    assert.ok((await nango.listProviders({ search: 'slack' })).data.some((p) => p.name === 'slack'));
  },
  async getProvider() {
    assert.equal((await nango.getProvider({ provider: 'notion' })).data.auth_mode, 'OAUTH2');
  },
  async getProviderTemplates() {
    assert.deepEqual((await nango.getProviderTemplates({ provider: 'github' })).data, []);
    return { outcome: 'differs', note: 'there are no templates: an empty list' };
  },
  async listIntegrations() {
    assert.ok((await nango.listIntegrations()).configs.some((one) => one.unique_key === integration && one.provider === 'github'));
  },
  async getIntegration() {
    if (nango.listProviders) {
      const { data } = await nango.getIntegration({ uniqueKey: integration }, { include: ['credentials'] });
      assert.equal(data.credentials.client_secret, 'cs');
    }
    if (nango.getProviderTemplates) return {};
    const { config } = await nango.getIntegration(integration);
    assert.equal(config.unique_key, integration);
    assert.equal(config.provider, 'github');
    return {};
  },
  async createIntegration() {
    if (!takesBody(nango.createIntegration)) return notHere(GONE, () => nango.createIntegration('github', `x-${suffix}`, { oauth_client_id: 'a', oauth_client_secret: 'b' }))();
    const made = await nango.createIntegration({ provider: 'github', unique_key: `new-${suffix}`, display_name: 'GH', credentials });
    assert.equal(made.data.unique_key, `new-${suffix}`);
  },
  async createQuickstartIntegration() {
    const { data } = await nango.createQuickstartIntegration({ provider: 'github', unique_key: `quick-${suffix}` });
    assert.equal(data.unique_key, `quick-${suffix}`);
    return { outcome: 'differs', note: 'the integration is in the lab: there is no app to lend' };
  },
  async updateIntegration() {
    if (!takesBody(nango.updateIntegration)) return notHere(GONE, () => nango.updateIntegration('github', integration, { oauth_client_id: 'a', oauth_client_secret: 'b' }))();
    assert.equal((await nango.updateIntegration({ uniqueKey: integration }, { display_name: 'GH2' })).data.display_name, 'GH2');
  },
  async deleteIntegration() {
    if (/\/config\//.test(String(nango.deleteIntegration))) return notHere(GONE, () => nango.deleteIntegration(integration))();
    await makeIntegration(`gone-${suffix}`);
    await nango.deleteIntegration(`gone-${suffix}`);
    const error = await nango.deleteIntegration(`gone-${suffix}`).then(() => assert.fail('it was deleted twice'), (e) => e);
    assert.equal(error.response.data.error.code, 'not_found');
  },
  async listConnections() {
    const { connections } = await nango.listConnections(connection);
    assert.deepEqual(connections.map((one) => one.connection_id), [connection]);
    assert.equal(connections[0].credentials, undefined);
    if (nango.patchConnection) {
      assert.equal((await nango.listConnections({ integrationId: [integration, 'nope'], tags: { end_user_id: `user-${suffix}` }, limit: 5 })).connections.length, 1);
    }
  },
  async getConnection() {
    const read = await nango.getConnection(integration, connection);
    assert.equal(read.credentials.access_token, 'at');
    assert.equal(read.credentials.refresh_token, undefined);
    assert.equal((await nango.getConnection(integration, connection, false, true)).credentials.refresh_token, 'rt');
    const error = await nango.getConnection(integration, 'nobody').then(() => assert.fail('there is no such connection'), (e) => e);
    assert.equal(error.response.status, 404);
    assert.equal(error.response.data.error.code, 'not_found');
  },
  async patchConnection() {
    assert.deepEqual(await nango.patchConnection({ connectionId: connection, provider_config_key: integration }, { tags: { team: 'a' } }), { success: true });
  },
  importConnection: refusedByTheClient(() => nango.importConnection({})),
  createConnection: refusedByTheClient(() => nango.createConnection({})),
  async getToken() {
    const token = await nango.getToken('gh', CONNECTION);
    assert.equal(typeof token, 'string');
    const forced = await nango.getToken('gh', CONNECTION, true);
    assert.notEqual(forced, token);
    assert.equal(await nango.getToken('gh', CONNECTION), forced);
  },
  async getRawTokenResponse() {
    assert.equal((await nango.getRawTokenResponse('gh', CONNECTION)).access_token, await nango.getToken('gh', CONNECTION));
  },
  async getMetadata() {
    await api('POST', '/connections/metadata', { provider_config_key: integration, connection_id: connection, metadata: { a: 1, b: { c: [true] } } });
    assert.deepEqual(await nango.getMetadata(integration, connection), { a: 1, b: { c: [true] } });
  },
  async setMetadata() {
    await nango.setMetadata(integration, connection, { d: 1 });
    assert.deepEqual((await nango.getConnection(integration, connection)).metadata, { d: 1 });
  },
  async updateMetadata() {
    await nango.setMetadata(integration, connection, { a: 1, b: 1 });
    await nango.updateMetadata(integration, connection, { b: 2 });
    assert.deepEqual(await nango.getMetadata(integration, connection), { a: 1, b: 2 });
  },
  async deleteConnection() {
    await makeConnection(`gone-${suffix}`);
    await nango.deleteConnection(integration, `gone-${suffix}`);
    const error = await nango.deleteConnection(integration, `gone-${suffix}`).then(() => assert.fail('it was deleted twice'), (e) => e);
    assert.equal(error.response.status, 400);
    assert.equal(error.response.data.error.code, 'unknown_connection');
  },
  async waitForConnection() {
    assert.equal((await nango.waitForConnection(integration, `user-${suffix}`)).connection_id, connection);
  },
  async createConnectSession() {
    const { data } = await nango.createConnectSession({ end_user: { id: 'u2', email: 'u2@example.com' }, allowed_integrations: [integration] });
    assert.match(data.token, /^nango_connect_session_[0-9a-f]{64}$/);
  },
  async createReconnectSession() {
    const { data } = await nango.createReconnectSession({ connection_id: connection, integration_id: integration });
    assert.match(data.token, /^nango_connect_session_[0-9a-f]{64}$/);
  },
  async getEnvironmentVariables() {
    assert.deepEqual(await nango.getEnvironmentVariables(), []);
    return { outcome: 'differs', note: 'there are none: an empty list' };
  },
  proxy: viaProxy('POST', (call) => nango.proxy({ ...call, method: 'POST' })),
  get: viaProxy('GET', (call) => nango.get(call)),
  post: viaProxy('POST', (call) => nango.post(call)),
  put: viaProxy('PUT', (call) => nango.put(call)),
  patch: viaProxy('PATCH', (call) => nango.patch(call)),
  delete: viaProxy('DELETE', (call) => nango.delete(call)),
  verifyWebhookSignature: verified((client, headers, body) => client.verifyWebhookSignature(headers['x-nango-signature'], body.endsWith(' ') ? { ...JSON.parse(body), more: 1 } : JSON.parse(body))),
  verifyIncomingWebhookRequest: verified((client, headers, body) => client.verifyIncomingWebhookRequest(body, headers)),
  getScriptsConfig: notHere(FUNCTIONS, () => nango.getScriptsConfig()),
  listFunctions: notHere(FUNCTIONS, () => nango.listFunctions({ uniqueKey: integration })),
  getFunction: notHere(FUNCTIONS, () => nango.getFunction({ uniqueKey: integration, name: 'f' })),
  getFunctionCode: notHere(FUNCTIONS, () => nango.getFunctionCode({ uniqueKey: integration, name: 'f' })),
  deleteFunction: notHere(FUNCTIONS, () => nango.deleteFunction({ uniqueKey: integration, name: 'f' }, {})),
  getRecords: notHere(SYNCS, () => nango.getRecords({ providerConfigKey: integration, connectionId: connection, model: 'M' })),
  listRecords: notHere(SYNCS, () => nango.listRecords({ providerConfigKey: integration, connectionId: connection, model: 'M' })),
  pruneRecords: notHere(SYNCS, () => nango.pruneRecords({ providerConfigKey: integration, connectionId: connection, model: 'M', untilCursor: 'c' })),
  triggerSync: notHere(SYNCS, () => nango.triggerSync(integration, ['s'], connection)),
  startSync: notHere(SYNCS, () => nango.startSync(integration, ['s'], connection)),
  pauseSync: notHere(SYNCS, () => nango.pauseSync(integration, ['s'], connection)),
  syncStatus: notHere(SYNCS, () => nango.syncStatus(integration, ['s'], connection)),
  // 0.42 takes the sync and the connection for anything but the texts that they are.
  updateSyncConnectionFrequency: notHere(SYNCS, () =>
    nango.updateSyncConnectionFrequency(integration, 's', connection, '1h').catch((error) => (error.response ? Promise.reject(error) : api404(error))),
  ),
  createSyncVariant: notHere(SYNCS, () => nango.createSyncVariant({ name: 's', variant: 'v', provider_config_key: integration, connection_id: connection })),
  deleteSyncVariant: notHere(SYNCS, () => nango.deleteSyncVariant({ name: 's', variant: 'v', provider_config_key: integration, connection_id: connection })),
  triggerAction: notHere(ACTIONS, () => nango.triggerAction(integration, connection, 'a', {})),
  triggerActionAsync: notHere(ACTIONS, () => nango.triggerActionAsync(integration, connection, 'a', {})),
  getAsyncActionResult: notHere(ACTIONS, () => nango.getAsyncActionResult({ id: 'a' })),
};

const failures = [];
for (const name of Object.getOwnPropertyNames(Nango.prototype)) {
  if (name === 'constructor' || isPrivate(name)) continue;
  try {
    assert.ok(methods[name], 'is not tried here: give it a line');
    const { outcome = 'works', note = '' } = (await methods[name]()) ?? {};
    console.log(`RESULT ${JSON.stringify({ method: name, outcome, note })}`);
  } catch (error) {
    failures.push(`${name}: ${error.message} ${JSON.stringify(error.response?.data ?? '')}`);
  }
}
assert.deepEqual(failures, [], `${CLIENT}:\n${failures.join('\n')}`);
