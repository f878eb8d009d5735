// The Connect UI: what an end user sees, framed by a product (Nango's frontend client) or as a page of its own. The server draws the
// screens; this leads from one to the next and speaks the public API as any other page could.
import { authorize, AuthorizationError, base, hear, openPopup, start } from './popup.js';
import { answers, isRight, split, tend } from './fields.js';
import { speaker } from './words.js';

const asked = new URLSearchParams(location.search);
const framed = window.parent !== window;
const stage = document.getElementById('stage');
const root = document.documentElement;
const api = document.body.dataset.api;
const KEPT = 'latchkey-connect';
const EXPIRED = ['unknown_connect_session_token', 'invalid_connect_session_token_format'];

let language = asked.get('lang') ?? '';
let sheet = stage.querySelector('.sheet');
let words = speaker(sheet);
let token = asked.get('session_token') ?? '';
let looking = 0;
let underWay = new AbortController();
let from = '';
let begun;

// Stands for this browser where a frame has no cookie; the page around it cannot read it.
const secret = btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(32)))).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
let parents = [...(location.ancestorOrigins ?? [])];

document.body.classList.toggle('framed', framed);
if (!framed) {
  // The token must not stay in the address bar, the history or a Referer, but outlive a reload and the way through a provider.
  if (token) {
    keep();
    history.replaceState(null, '', location.pathname);
  } else {
    const kept = JSON.parse(sessionStorage.getItem(KEPT) ?? '{}');
    token = kept.token ?? '';
    language ||= kept.language ?? '';
  }
}

function keep() {
  if (!framed && token) {
    sessionStorage.setItem(KEPT, JSON.stringify({ token, language }));
  }
}

const postToParent = (message) => framed && window.parent.postMessage(message, '*');

async function send(path, body) {
  let answer;
  try {
    answer = await fetch(base + path, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { Authorization: `Bearer ${token}`, 'Latchkey-Page': secret, ...(framed ? { 'Latchkey-Parents': parents.join(' ') } : {}), ...(body === undefined ? {} : { 'Content-Type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  } catch {
    throw new AuthorizationError('unreachable', '');
  }
  return answer;
}

async function call(path, body) {
  const answer = await send(path, body);
  const json = await answer.json().catch(() => ({}));
  if (!answer.ok) {
    const details = json.error?.errors?.map((one) => [one.path?.join('.'), one.message].filter(Boolean).join(': ')).join(' ');
    throw new AuthorizationError(json.error?.code ?? 'other', [json.error?.message, details].filter(Boolean).join(' '));
  }
  return json;
}

/** Puts a screen that the server drew in place. */
function put(html, moved) {
  clearInterval(looking);
  const template = document.createElement('template');
  template.innerHTML = html;
  const fresh = template.content.querySelector('.sheet');
  fresh.classList.toggle('next', moved);
  stage.replaceChildren(fresh);
  enter(moved);
}

async function go(name, more = {}, moved = true) {
  const query = new URLSearchParams({ name, ...more, ...(language ? { lang: language } : {}) });
  try {
    const answer = await send(`/connect/screen?${query}`);
    put(await answer.text(), moved);
    if (answer.status === 401) {
      postToParent({ type: 'error', payload: { errorType: 'missing_connect_session_token', errorMessage: 'The connect session is unknown or has expired.' } });
    }
  } catch {
    still('offline', () => go(name, more, moved));
  }
}

/** A screen that was in the page from the beginning, for when the server cannot be asked. */
function still(id, again) {
  clearInterval(looking);
  stage.replaceChildren(document.getElementById(id).content.cloneNode(true));
  sheet = stage.querySelector('.sheet');
  spoken();
  sheet.querySelector('[data-again]')?.addEventListener('click', again);
  sheet.querySelector('h1').focus();
}

/** The document speaks as its sheet does. */
function spoken() {
  root.lang = sheet.lang;
  root.dir = sheet.dir;
}

function dress() {
  const { theme, tokens } = JSON.parse(sheet.dataset.look ?? '{}');
  if (!('themeAsked' in document.body.dataset) && theme) {
    if (theme === 'system') {
      delete root.dataset.theme;
    } else {
      root.dataset.theme = theme;
    }
  }
  for (const [name, value] of Object.entries(tokens ?? {})) {
    root.style.setProperty(name, value);
  }
}

const SCREENS = { confirm: decide, pick, ask, device, code, done: () => {} };

function enter(moved) {
  sheet = stage.querySelector('.sheet');
  words = speaker(sheet);
  if (sheet.lang) {
    spoken();
    document.title = sheet.querySelector('#title')?.textContent ?? document.title;
  }
  dress();
  SCREENS[sheet.dataset.screen]?.();
  sheet.querySelector('[data-language]')?.addEventListener('change', (event) => speak(event.target.value));
  // A keyboard that rises over a phone's screen hides what is to be read first.
  const first = matchMedia('(pointer: fine)').matches && sheet.querySelector('[data-find], .field input:not([type=hidden])');
  if (moved || framed) {
    (first || sheet.querySelector('#title'))?.focus({ preventScroll: true });
  } else if (first) {
    first.focus({ preventScroll: true });
  }
}

/** The same screen in another language, with what was typed. */
async function speak(tag) {
  language = tag;
  keep();
  const typed = [...sheet.querySelectorAll('[data-place], [data-find]')].map((input) => [input.name, input.value]);
  const screen = sheet.dataset.screen;
  if (screen === 'code') {
    await showCode(sheet.dataset.integration, false);
    return;
  }
  await go({ pick: '', ask: 'ask', device: 'device', done: 'done' }[screen] ?? '', sheet.dataset.integration ? { integration: sheet.dataset.integration } : {}, false);
  for (const [name, value] of typed) {
    const input = sheet.querySelector(name ? `[name="${CSS.escape(name)}"]` : '[data-find]');
    if (input) {
      input.value = value;
      input.dispatchEvent(new Event('input', { bubbles: true }));
    }
  }
  sheet.querySelector('[data-language]')?.focus();
}

function close() {
  underWay.abort();
  postToParent({ type: 'close' });
  if (!framed) {
    sessionStorage.removeItem(KEPT);
    window.close();
    still('closed');
  }
}

stage.addEventListener('click', (event) => {
  const on = (name) => event.target.closest(`[data-${name}]`);
  if (on('close')) {
    close();
  } else if (on('back')) {
    const before = { device: from, code: sheet.dataset.integration }[sheet.dataset.screen];
    go(before ? 'ask' : '', before ? { integration: before } : {});
  } else if (on('device')) {
    from = sheet.dataset.integration || '';
    go('device');
  } else if (on('choose')) {
    on('choose').disabled = true;
    go('ask', { integration: on('choose').dataset.choose });
  }
});

document.addEventListener('keydown', (event) => {
  if (event.key === 'Escape' && framed) {
    close();
  }
  if (event.key !== 'Tab' || !framed) {
    return;
  }
  // A dialog keeps the keyboard: the product's page behind it is not to be used.
  const stops = [...sheet.querySelectorAll('a[href], button:not([disabled]), input:not([type=hidden]), select, textarea, summary')].filter((one) => one.checkVisibility());
  const edge = event.shiftKey ? stops[0] : stops.at(-1);
  if (document.activeElement === edge || !sheet.contains(document.activeElement)) {
    event.preventDefault();
    (event.shiftKey ? stops.at(-1) : stops[0])?.focus();
  }
});

function pick() {
  const find = sheet.querySelector('[data-find]');
  const rows = [...sheet.querySelectorAll('[data-searched]')];
  const filter = () => {
    const text = find.value.trim().toLocaleLowerCase();
    let found = 0;
    for (const row of rows) {
      row.hidden = !row.dataset.searched.includes(text);
      found += row.hidden ? 0 : 1;
    }
    sheet.querySelector('[data-nothing]').hidden = found > 0;
    sheet.querySelector('[data-found]').textContent = text ? words.count('search.found', found) : '';
  };
  find?.addEventListener('input', filter);
  find?.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' || event.key === 'ArrowDown') {
      event.preventDefault();
      sheet.querySelector('[data-searched]:not([hidden]) button')?.focus();
    }
  });
  sheet.querySelector('.choices').addEventListener('keydown', (event) => {
    const move = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (move) {
      event.preventDefault();
      const seen = rows.filter((row) => !row.hidden).map((row) => row.querySelector('button'));
      (seen[seen.indexOf(document.activeElement) + move] ?? find)?.focus();
    }
  });
  sheet.querySelector('[data-clear]').addEventListener('click', () => {
    find.value = '';
    filter();
    find.focus();
  });
}

/** Whether the person is the user for whom they connect. */
function decide() {
  for (const button of sheet.querySelectorAll('[data-decide]')) {
    button.addEventListener('click', async () => {
      button.disabled = true;
      try {
        const answer = await send(`/connect/decision${language ? `?lang=${language}` : ''}`, { decision: button.dataset.decide });
        put(await answer.text(), true);
        if (button.dataset.decide === 'stop') {
          postToParent({ type: 'error', payload: { errorType: 'callback_err', errorMessage: 'The person is not the user for whom the session was made.' } });
        }
      } catch {
        still('offline', () => go(''));
      }
    });
  }
}

function ask() {
  const form = sheet.querySelector('form');
  const key = sheet.dataset.integration;
  const { path, provider } = form.dataset;
  const asking = async (text) => (await send(`/connect/split?integration=${encodeURIComponent(key)}`, { connection_string: text })).json();
  tend(form, words, asking);
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    // Before anything is waited for: a window is opened only inside the click.
    if (form.querySelector('[data-string]')?.value.trim() && !(await split(form, words, asking))) {
      return;
    }
    if (isRight(form, words)) {
      problem('');
      await (path ? type(form, key, path, provider) : leave(form, key, provider));
    }
  });
  for (const copy of sheet.querySelectorAll('[data-copy]')) {
    copy.addEventListener('click', async () => {
      await navigator.clipboard.writeText(copy.dataset.copy);
      copy.closest('[data-given]').querySelector('[data-copied]').textContent = words.say('device.copied');
    });
  }
  sheet.querySelector('[data-code]')?.addEventListener('click', async () => {
    if (isRight(form, words)) {
      problem('');
      await byCode(form, key, provider);
    }
  });
  sheet.querySelector('[data-restart]').addEventListener('click', () => {
    underWay.abort();
    form.requestSubmit();
  });
  sheet.querySelectorAll('[data-cancel]').forEach((button) => button.addEventListener('click', () => {
    underWay.abort();
    part('ask');
  }));
}

/** Which part of the screen is seen: what is asked, the waiting for a window, or what to do without one. */
function part(name) {
  for (const section of sheet.querySelectorAll('[data-part]')) {
    section.hidden = section.dataset.part !== name;
  }
  sheet.querySelector(`[data-part="${name}"] :is(h1, h2)`)?.focus();
}

function query(form) {
  const query = new URLSearchParams({ connect_session_token: token });
  for (const [name, value] of Object.entries(answers(form).query)) {
    query.set(`params[${name}]`, value);
  }
  return query;
}

/** What was typed is tried and kept. */
async function type(form, key, path, provider) {
  const button = form.querySelector('[data-go]');
  button.classList.add('busy');
  button.disabled = true;
  form.querySelector('[data-busy]').textContent = words.say('checking');
  try {
    const result = await call(`${path}${encodeURIComponent(key)}?${query(form)}`, answers(form).body);
    await connected(key, { providerConfigKey: result.providerConfigKey, connectionId: result.connectionId }, false);
  } catch (error) {
    refused(error, provider);
  } finally {
    button.classList.remove('busy');
    button.disabled = false;
    form.querySelector('[data-busy]').textContent = '';
  }
}

/** A code that is typed at the provider's page, on any device (RFC 8628). */
async function byCode(form, key, provider) {
  const button = form.querySelector('[data-code]');
  button.disabled = true;
  try {
    begun = await call(`/oauth2/device/${encodeURIComponent(key)}?${query(form)}`, {});
    await showCode(key, true);
  } catch (error) {
    refused(error, provider);
  } finally {
    button.disabled = false;
  }
}

async function showCode(key, moved) {
  const { flow, ...shown } = begun;
  const answer = await send(`/connect/code${language ? `?lang=${language}` : ''}`, { integration: key, ...shown });
  put(await answer.text(), moved);
}

/** Asks as often as the provider allows whether the code was typed. */
function code() {
  const key = sheet.dataset.integration;
  const { provider } = sheet.querySelector('[data-provider]').dataset;
  const mine = begun;
  mine.until ??= Date.now() + mine.expires_in * 1000;
  tendCopy();
  const count = () => {
    sheet.querySelector('[data-minutes]').textContent = words.count('code.minutes', Math.max(0, Math.ceil((mine.until - Date.now()) / 60000)));
  };
  count();
  let next = Date.now() + mine.interval * 1000;
  let asking = false;
  looking = setInterval(async () => {
    count();
    if (asking || Date.now() < next) {
      return;
    }
    asking = true;
    try {
      const query = new URLSearchParams({ connect_session_token: token });
      const found = await call(`/oauth2/device/${encodeURIComponent(key)}/look?${query}`, { flow: mine.flow });
      mine.interval += found.slow_down ? 5 : 0;
      if (found.status === 'connected' && mine === begun) {
        clearInterval(looking);
        await connected(key, { providerConfigKey: found.providerConfigKey, connectionId: found.connectionId }, false);
      }
    } catch (error) {
      // Another screen may have taken this one's place; a network that is away comes back.
      if (error.type !== 'unreachable' && sheet.dataset.screen === 'code' && mine === begun) {
        await go('ask', { integration: key });
        refused(error, provider);
      }
    } finally {
      next = Date.now() + mine.interval * 1000;
      asking = false;
    }
  }, 1000);
}

/** To the provider: in a window, or in this one's place where a window would be a nuisance or is blocked. */
async function leave(form, key, provider) {
  const parameters = query(form);
  if (language) {
    parameters.set('lang', language);
  }
  // A phone puts a page behind others to sleep, and what comes next may be a page of the product's.
  const alone = !framed && (matchMedia('(pointer: coarse)').matches || form.dataset.returns === 'true');
  const inPlace = new URLSearchParams(parameters);
  inPlace.set('display', 'page');
  if (alone) {
    location.assign(start(api, key, inPlace));
    return;
  }
  const popup = openPopup();
  underWay = new AbortController();
  if (!popup) {
    blocked(key, provider, parameters, inPlace);
    return;
  }
  visible(true);
  part('waiting');
  sheet.querySelector('[data-front]').onclick = () => popup.focus();
  const gone = asked.get('detectClosedAuthWindow') === 'true' ? undefined : () => visible(false);
  await heard(authorize(popup, api, key, parameters, { signal: underWay.signal, gone }), key, provider);
}

/** Whether the window is there to be shown, as far as can be known. */
function visible(there) {
  sheet.querySelector('[data-front]').hidden = !there;
  sheet.querySelector('[data-restart]').hidden = there;
  sheet.querySelector('[data-gone]').hidden = there;
}

/** The click on a link is not blocked: a page of its own goes there itself, a frame, which must stay, opens a tab. */
async function blocked(key, provider, parameters, inPlace) {
  const link = sheet.querySelector('[data-redirect]');
  postToParent({ type: 'error', payload: { errorType: 'blocked_by_browser', errorMessage: 'The browser blocked the window.' } });
  if (!framed) {
    link.href = start(api, key, inPlace);
    part('blocked');
    return;
  }
  const result = hear((id) => {
    parameters.set('ws_client_id', id);
    link.href = start(api, key, parameters);
    link.target = '_blank';
    link.rel = 'noreferrer';
    link.onclick = () => {
      sheet.querySelector('[data-front]').hidden = true;
      part('waiting');
    };
    part('blocked');
  }, null, { signal: underWay.signal });
  await heard(result, key, provider);
}

async function heard(result, key, provider) {
  const mine = underWay;
  try {
    const { pending, ...connection } = await result;
    await connected(key, connection, pending);
  } catch (error) {
    // Another attempt, or another screen, has taken its place.
    if (sheet.dataset.integration !== key || mine !== underWay) {
      return;
    }
    part('ask');
    // A user who cancels knows why.
    if (!mine.signal.aborted) {
      refused(error, provider);
    }
  }
}

async function connected(key, connection, pending) {
  postToParent({ type: 'connect', payload: connection });
  await go('done', { integration: key, ...(pending ? { pending: 'true' } : {}) });
  const next = sheet.querySelector('a[data-next]');
  if (next) {
    const address = new URL(next.href);
    address.searchParams.set('provider_config_key', connection.providerConfigKey);
    address.searchParams.set('connection_id', connection.connectionId);
    next.href = address;
  }
}

function refused(error, provider) {
  const type = error.type ?? 'other';
  const code = error.code ?? type;
  postToParent({ type: 'error', payload: { errorType: type === 'unreachable' || type === 'other' ? 'unknown_error' : type, errorMessage: error.message } });
  if (EXPIRED.includes(code)) {
    go('');
    return;
  }
  problem(words.say(words.has(`error.${code}`) ? `error.${code}` : 'error.other', { provider }), error.message);
}

function problem(text, said) {
  const place = sheet.querySelector('[data-problem]');
  if (!text) {
    place.replaceChildren();
    return;
  }
  const note = Object.assign(document.createElement('div'), { className: 'note bad' });
  const inside = document.createElement('div');
  inside.append(Object.assign(document.createElement('p'), { textContent: text }));
  if (said) {
    const details = document.createElement('details');
    details.append(
      Object.assign(document.createElement('summary'), { textContent: words.say('error.details') }),
      Object.assign(document.createElement('p'), { textContent: said, lang: 'en', dir: 'ltr' }),
    );
    inside.append(details);
  }
  note.append(inside);
  place.replaceChildren(note);
  place.scrollIntoView({ block: 'nearest' });
}

function tendCopy() {
  const copy = sheet.querySelector('[data-copy-link]');
  copy.addEventListener('click', async () => {
    await navigator.clipboard.writeText(copy.dataset.copyLink);
    copy.querySelector('span').textContent = words.say('device.copied');
  });
}

/** Shows the code, and continues when the other device is done. */
function device() {
  const shown = Date.now();
  let since = null;
  tendCopy();
  const look = async () => {
    const left = Number(sheet.dataset.seconds) - (Date.now() - shown) / 1000;
    sheet.querySelector('[data-minutes]').textContent = words.count('device.minutes', Math.max(0, Math.ceil(left / 60)));
    if (document.hidden) {
      return;
    }
    try {
      const { data } = await call('/connect/session');
      const outcome = data.outcome;
      if (since === null) {
        since = outcome?.at ?? '';
      } else if (outcome && !outcome.error_type && outcome.at !== since && !outcome.connection_id) {
        // It waits for the product's proof, which the other device has.
        clearInterval(looking);
        await go('done', { integration: outcome.provider_config_key });
      } else if (outcome?.connection_id && outcome.at !== since) {
        clearInterval(looking);
        await connected(outcome.provider_config_key, { providerConfigKey: outcome.provider_config_key, connectionId: outcome.connection_id }, outcome.is_pending);
      }
    } catch (error) {
      if (EXPIRED.includes(error.type)) {
        clearInterval(looking);
        go('');
      }
    }
  };
  look();
  looking = setInterval(look, 2000);
}

addEventListener('message', (event) => {
  if (event.source === window.parent && event.data?.type === 'session_token' && typeof event.data.sessionToken === 'string') {
    token = event.data.sessionToken;
    // Firefox does not say whose pages are around ours.
    parents = location.ancestorOrigins ? parents : [event.origin];
    go('', {}, false);
  }
});

// A page brought back by the browser's own Back is as it was left: with a spinning button, or a flow that has ended.
addEventListener('pageshow', (event) => event.persisted && token && go('', {}, false));

postToParent({ type: 'ready' });
if (sheet.dataset.screen !== 'loading') {
  enter(false);
} else if (token) {
  go(location.pathname.endsWith('/return') ? 'return' : '', {}, false);
  if (!framed) {
    history.replaceState(null, '', `${base}/connect/`);
  }
} else if (!framed) {
  still('incomplete');
}
