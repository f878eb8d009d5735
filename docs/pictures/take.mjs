// Takes the pictures of README.md from a running Latchkey: node take.mjs FOLDER, with NANGO_HOST, NANGO_SECRET_KEY and PASSWORD.
// Chromium is driven through a pipe (--remote-debugging-pipe): no port, no package.
import { spawn } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';

const { NANGO_HOST: host, NANGO_SECRET_KEY: key, PASSWORD: password } = process.env;
const folder = process.argv[2];
const program = ['/usr/bin/chromium-headless-shell', '/usr/bin/chromium', '/usr/bin/google-chrome'].find(existsSync);
const chromium = spawn(program, ['--headless', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--remote-debugging-pipe', '--hide-scrollbars',
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1'], { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] });

let last = 0;
let rest = '';
const waiting = new Map();
const listeners = [];
chromium.stdio[4].setEncoding('utf8').on('data', (text) => {
  const parts = (rest + text).split('\0');
  rest = parts.pop();
  for (const message of parts.map((part) => JSON.parse(part))) {
    if (message.id) {
      const { resolve, reject } = waiting.get(message.id);
      message.error ? reject(new Error(message.error.message)) : resolve(message.result);
    } else {
      listeners.forEach((listener) => listener(message));
    }
  }
});
const send = (method, params = {}, sessionId = undefined) => new Promise((resolve, reject) => {
  waiting.set(++last, { resolve, reject });
  chromium.stdio[3].write(JSON.stringify({ id: last, method, params, sessionId }) + '\0');
});

const call = async (method, path, body) => {
  const response = await fetch(host + path, {
    method, headers: { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' }, body: body && JSON.stringify(body) });
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  return response.json();
};

/** A user connects in the lab, without a window: the flow's redirects, with its cookies. */
const connect = async (integration, user) => {
  const session = await call('POST', '/connect/sessions', { end_user: { id: user, email: `${user}@example.com` }, allowed_integrations: [integration] });
  let cookies = '';
  const go = async (url, form) => {
    const response = await fetch(new URL(url, host), { method: form ? 'POST' : 'GET', body: form, redirect: 'manual',
      headers: { Accept: 'text/html', 'Sec-Fetch-Site': 'same-origin', Cookie: cookies,
        ...(form && { 'Content-Type': 'application/x-www-form-urlencoded' }) } });
    cookies = [cookies, ...response.headers.getSetCookie().map((one) => one.split(';')[0])].filter(Boolean).join('; ');
    return response.headers.get('location');
  };
  const consent = await go(`/oauth/connect/${integration}?connect_session_token=${session.data.token}`);
  await go(await go(consent, 'decision=allow&user=ada'));
};

const open = async (width, height) => {
  const { targetId } = await send('Target.createTarget', { url: 'about:blank' });
  const { sessionId } = await send('Target.attachToTarget', { targetId, flatten: true });
  const at = (method, params) => send(method, params, sessionId);
  await at('Page.enable');
  await at('Emulation.setDeviceMetricsOverride', { width, height, deviceScaleFactor: 1.5, mobile: false });
  await at('Emulation.setEmulatedMedia', { features: [{ name: 'prefers-color-scheme', value: 'light' }, { name: 'prefers-reduced-motion', value: 'reduce' }] });
  const loaded = () => new Promise((resolve) => listeners.push((message) => {
    if (message.sessionId === sessionId && message.method === 'Page.loadEventFired') resolve();
  }));
  const evaluate = async (expression) => (await at('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true })).result.value;
  return {
    evaluate,
    loaded,
    async go(path) {
      const done = loaded();
      await at('Page.navigate', { url: new URL(path, host).toString() });
      await done;
    },
    async until(expression) {
      for (let turn = 0; turn < 200; turn++) {
        if (await evaluate(expression)) return;
        await evaluate('new Promise((resolve) => setTimeout(resolve, 100))');
      }
      throw new Error('never true: ' + expression + ' in ' + await evaluate('document.body.innerText'));
    },
    async picture(name) {
      const { data } = await at('Page.captureScreenshot', { format: 'webp', quality: 82 });
      writeFileSync(`${folder}/${name}.webp`, Buffer.from(data, 'base64'));
    },
  };
};

for (const provider of ['github', 'slack', 'notion', 'salesforce', 'google-drive', 'hubspot']) {
  await call('POST', '/integrations', { provider, unique_key: provider, lab: true });
}
for (const [integration, users] of [['github', ['ada', 'grace', 'alan']], ['slack', ['ada', 'grace']], ['notion', ['ada', 'alan']], ['hubspot', ['grace']]]) {
  for (const user of users) await connect(integration, user);
}
await call('PATCH', '/environment/branding', { product_name: 'Acme' });
// The picture is of the choice, not of the question before it.
await call('PATCH', '/environment', { confirm_user: 'never' });

const page = await open(460, 720);
const session = await call('POST', '/connect/sessions', { end_user: { id: 'ada', email: 'ada@example.com' } });
await page.go(new URL(session.data.connect_link).pathname + new URL(session.data.connect_link).search);
await page.until(`document.body.innerText.includes('Salesforce')`);
await page.until(`[...document.images].every((one) => one.complete)`);
await page.picture('connect-ui');

const dashboard = await open(1280, 720);
await dashboard.go('/dashboard/sign-in');
const signedIn = dashboard.loaded();
await dashboard.evaluate(`document.getElementById('password').value = ${JSON.stringify(password)}; document.querySelector('button[type=submit]').click()`);
await signedIn;
await dashboard.go('/dashboard/dev/connections');
await dashboard.until(`[...document.images].every((one) => one.complete)`);
await dashboard.picture('dashboard');
chromium.kill();
// Its pipes would keep this process alive.
process.exit(0);
