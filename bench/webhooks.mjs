// Makes events while the endpoint is disabled, enables it, replays them, and measures until the last has arrived.
import http from 'node:http';

const { HOST, KEY } = process.env;
const connections = Number(process.env.CONNECTIONS), events = Number(process.env.EVENTS), all = connections * events;
const agent = new http.Agent({ keepAlive: true, maxSockets: 32 });
const call = (method, path, body) => new Promise((resolve, reject) => {
  const request = http.request(HOST + path, { method, agent, headers: { Authorization: `Bearer ${KEY}`, 'Content-Type': 'application/json' } }, (answer) => {
    let text = '';
    answer.on('data', (part) => (text += part));
    answer.on('end', () => (answer.statusCode < 300 ? resolve(JSON.parse(text)) : reject(new Error(`${method} ${path}: ${answer.statusCode} ${text}`))));
  });
  request.on('error', reject);
  request.end(body && JSON.stringify(body));
});

const seen = new Set();
let requests = 0, last = 0, first = 0;
const receiver = http.createServer((request, answer) => {
  request.resume();
  request.on('end', () => {
    requests++;
    seen.add(request.headers['webhook-id']);
    last = performance.now();
    first ||= last;
    answer.end();
  });
});
receiver.keepAliveTimeout = 60_000;
receiver.listen(3991, '127.0.0.1');

const endpoint = (await call('POST', '/environment/webhooks', { url: 'http://127.0.0.1:3991/', enabled: false })).data.id;
await call('POST', '/integrations', { provider: 'github', unique_key: 'gh', credentials: { type: 'OAUTH2', client_id: 'a', client_secret: 'b' } });
const since = new Date(Date.now() - 1000).toISOString();
const made = performance.now();
let next = 0;
await Promise.all(Array.from({ length: 16 }, async () => {
  while (next < all) {
    const n = next++;
    await call('POST', '/connections', { provider_config_key: 'gh', connection_id: `c${n % connections}`, credentials: { type: 'OAUTH2', access_token: 'at' } });
  }
}));
console.log(`${all} events of ${connections} connections made in ${((performance.now() - made) / 1000).toFixed(1)} s`);
await call('PATCH', `/environment/webhooks/${endpoint}`, { enabled: true });
const start = performance.now();
const { data } = await call('POST', '/environment/webhook-deliveries/replay', { since });
while (seen.size < all && performance.now() - start < 600_000) await new Promise((r) => setTimeout(r, 20));
const seconds = (last - first) / 1000;
console.log(`replayed ${data.replayed}; ${seen.size} events arrived by ${requests} requests in ${seconds.toFixed(2)} s: ${Math.round(seen.size / seconds)} a second`);
process.exit(seen.size === all ? 0 : 1);
