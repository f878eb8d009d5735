// Does the unmodified @nangohq/node, and the library of Standard Webhooks, accept these deliveries?
// Standard input: {key, standardSecret, deliveries: [{headers, body}]}
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { Nango } from '@nangohq/node';
import { Webhook } from 'standardwebhooks';

const { key, standardSecret, deliveries } = JSON.parse(readFileSync(0, 'utf8'));
const nango = new Nango({ host: 'http://127.0.0.1:1', secretKey: 'unused', webhookSigningKey: key });
// Backends of before April 2026: the secret key verifies.
const without = new Nango({ host: 'http://127.0.0.1:1', secretKey: key });
const standard = new Webhook(standardSecret);
for (const { headers, body } of deliveries) {
  assert.equal(nango.verifyIncomingWebhookRequest(body, headers), true);
  assert.equal(nango.verifyIncomingWebhookRequest(body + ' ', headers), false);
  assert.equal(without.verifyIncomingWebhookRequest(body, headers), true);
  assert.deepEqual(standard.verify(body, headers), JSON.parse(body));
  assert.throws(() => standard.verify(body + ' ', headers));
  if (headers['x-nango-signature']) {
    assert.equal(nango.verifyWebhookSignature(headers['x-nango-signature'], JSON.parse(body)), true);
    assert.equal(without.verifyWebhookSignature(headers['x-nango-signature'], JSON.parse(body)), true);
  }
}
console.log(`accepted ${deliveries.length}`);
