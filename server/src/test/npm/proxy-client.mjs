// The unmodified @nangohq/node calls a real HTTP server through the proxy of the server at HOST: integration acme, connection c1.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { Nango } from '@nangohq/node';

const { HOST, KEY, OTHER } = process.env;
const nango = new Nango({ host: HOST, secretKey: KEY });
const call = { providerConfigKey: 'acme', connectionId: 'c1' };

// Every method; what the upstream got comes back as JSON: {method, target, headers, body}
const got = await nango.get({ ...call, endpoint: '/items', params: { a: '1', q: 'x y&z' }, headers: { 'X-Mine': 'yes' } });
assert.equal(got.status, 200);
assert.equal(got.data.method, 'GET');
assert.equal(got.data.headers.authorization, 'Bearer at-1');
assert.equal(got.data.headers['x-mine'], 'yes');
assert.equal(new URL(got.data.target, 'http://x').searchParams.get('q'), 'x y&z');
assert.equal(got.headers['x-upstream'], 'acme');
for (const method of ['post', 'put', 'patch']) {
  const answer = await nango[method]({ ...call, endpoint: '/items', data: { name: 'ä' } });
  assert.equal(answer.data.method, method.toUpperCase());
  assert.deepEqual(JSON.parse(answer.data.body), { name: 'ä' });
  assert.match(answer.data.headers['content-type'], /^application\/json/);
}
assert.equal((await nango.delete({ ...call, endpoint: '/items/1' })).data.method, 'DELETE');
assert.equal((await nango.proxy({ ...call, method: 'POST', endpoint: 'items?b=2', data: 'a=1', headers: { 'Content-Type': 'application/x-www-form-urlencoded' } })).data.body, 'a=1');

// The provider's own status and body
const error = await nango.get({ ...call, endpoint: '/status/422' }).then(() => assert.fail('expected 422'), (e) => e);
assert.equal(error.response.status, 422);
assert.equal(error.response.data.method, 'GET');

// Retries: the upstream fails twice for each key
const retried = await nango.get({ ...call, endpoint: '/flaky/a', retries: 3 });
assert.equal(retried.status, 200);
const once = await nango.get({ ...call, endpoint: '/flaky/b' }).then(() => assert.fail('expected 503'), (e) => e);
assert.equal(once.response.status, 503);
assert.equal((await nango.get({ ...call, endpoint: '/teapot/c', retries: 3, retryOn: [418] })).status, 200);

// Other answers than JSON
const binary = await nango.get({ ...call, endpoint: '/binary', responseType: 'arraybuffer' });
assert.equal(createHash('sha256').update(Buffer.from(binary.data)).digest('hex'), binary.headers['x-sum']);
const stream = await nango.get({ ...call, endpoint: '/binary', responseType: 'stream' });
const hash = createHash('sha256');
for await (const chunk of stream.data) hash.update(chunk);
assert.equal(hash.digest('hex'), stream.headers['x-sum']);
const text = await nango.get({ ...call, endpoint: '/gzip', decompress: true, responseType: 'text' });
assert.equal(text.data, 'plain text');
const upload = await nango.post({ ...call, endpoint: '/sum', data: Readable.from([Buffer.alloc(300_000, 1), Buffer.alloc(300_000, 2)]), headers: { 'Content-Type': 'application/octet-stream' } });
assert.equal(upload.data.length, 600_000);

// Another base only where it is allowed
const other = await nango.get({ ...call, endpoint: '/x', baseUrlOverride: OTHER }).then(() => assert.fail('expected 403'), (e) => e);
assert.equal(other.response.status, 403);
assert.equal(other.response.data.error.code, 'forbidden_host');

// Ours
const missing = await nango.get({ ...call, connectionId: 'nobody', endpoint: '/x' }).then(() => assert.fail('expected 404'), (e) => e);
assert.equal(missing.response.status, 404);
const unknown = await nango.get({ ...call, providerConfigKey: 'nope', endpoint: '/x' }).then(() => assert.fail('expected 404'), (e) => e);
assert.equal(unknown.response.data.error.code, 'unknown_provider_config');
console.log('every call went through');
