// What so many callers get from the token endpoint itself: no refresh on read can be faster on this machine.
// node token.mjs URL CALLERS REQUESTS
import http from 'node:http';

const [url, callers, requests] = process.argv.slice(2);
const agent = new http.Agent({ keepAlive: true, maxSockets: +callers });
const headers = { 'content-type': 'application/x-www-form-urlencoded' };

const ask = () => new Promise((resolve, reject) => {
  const request = http.request(url, { agent, method: 'POST', headers }, (response) => {
    response.resume();
    response.on('end', resolve);
  });
  request.on('error', reject);
  request.end('grant_type=refresh_token&refresh_token=r');
});

let left = +requests;
const begun = performance.now();
await Promise.all(Array.from({ length: +callers }, async () => {
  while (left-- > 0) await ask();
}));
console.log((+requests / ((performance.now() - begun) / 1000)).toFixed(1));
agent.destroy();
