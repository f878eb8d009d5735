// The Connect UI: what an end user sees, framed by a product (Nango's frontend client) or as a page of its own.
import { authorize, AuthorizationError, openPopup } from './popup.js';

const asked = new URLSearchParams(location.search);
const framed = window.parent !== window;
const view = document.getElementById('view');
const back = document.getElementById('back');
let token = asked.get('session_token');

if (['light', 'dark'].includes(asked.get('theme'))) {
  document.documentElement.dataset.theme = asked.get('theme');
}
document.body.classList.toggle('framed', framed);
if (token) {
  // The token must not stay in the address bar, the history or a Referer.
  history.replaceState(null, '', location.pathname);
}

const tellParent = (message) => framed && window.parent.postMessage(message, '*');

function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith('on')) {
      node.addEventListener(name.slice(2), value);
    } else if (value === true) {
      node.setAttribute(name, '');
    } else if (value !== undefined && value !== null && value !== false) {
      node.setAttribute(name, value);
    }
  }
  node.append(...children.filter((child) => child !== null));
  return node;
}

async function api(path, body) {
  const answer = await fetch(path, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { Authorization: `Bearer ${token}`, ...(body === undefined ? {} : { 'Content-Type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const json = await answer.json();
  if (!answer.ok) {
    const detail = json.error.errors?.map((problem) => problem.message).join(' ');
    throw new AuthorizationError(json.error.code, json.error.message || detail || 'The request was refused.');
  }
  return json;
}

function show(...nodes) {
  view.replaceChildren(...nodes);
  view.querySelector('input, button')?.focus();
}

function failure(title, text, retry) {
  back.hidden = true;
  show(
    element('h1', { id: 'title' }, title),
    element('p', { class: 'note bad' }, text),
    ...(retry ? [element('button', { class: 'primary', type: 'button', onclick: retry }, 'Try again')] : []),
  );
}

function success(provider, result) {
  back.hidden = true;
  tellParent({ type: 'connect', payload: result });
  show(
    element('h1', { id: 'title' }, 'Connected'),
    element('p', { class: 'note good' }, `Your ${provider.display_name} account is connected.`),
    element('button', { class: 'primary', type: 'button', onclick: close }, framed ? 'Done' : 'Close this page'),
  );
}

function close() {
  tellParent({ type: 'close' });
  if (!framed) {
    window.close();
    show(element('h1', { id: 'title' }, 'You can close this page now.'));
  }
}

function picker(integrations) {
  back.hidden = true;
  const list = element('ul', { class: 'choices' });
  const fill = (text) => {
    const found = integrations.filter((one) => one.display_name.toLowerCase().includes(text.trim().toLowerCase()));
    list.replaceChildren(...found.map((one) => element('li', {}, element('button', { class: 'choice', type: 'button', onclick: () => open(one, integrations) },
      element('img', { src: new URL(one.logo).pathname, alt: '' }), element('span', {}, one.display_name)))));
    if (found.length === 0) {
      list.append(element('li', { class: 'quiet' }, 'Nothing of that name.'));
    }
  };
  fill('');
  show(
    element('h1', { id: 'title' }, 'Connect an account'),
    integrations.length > 6
      ? element('div', { class: 'input search' }, element('input', { type: 'search', placeholder: 'Search', 'aria-label': 'Search', oninput: (event) => fill(event.target.value) }))
      : '',
    list,
  );
}

const KEY_FIELDS = {
  API_KEY: { apiKey: { title: 'API key', secret: true } },
  BASIC: { username: { title: 'User name' }, password: { title: 'Password', secret: true, optional: true } },
  TBA: { token_id: { title: 'Token ID', secret: true }, token_secret: { title: 'Token secret', secret: true } },
  // The definition's own fields are all there is to type.
  TWO_STEP: {}, BILL: {}, JWT: {}, SIGNATURE: {}, AWS_SIGV4: {},
  OAUTH2_CC: { client_id: { title: 'Client ID' }, client_secret: { title: 'Client secret', secret: true } },
};
const KEY_PATHS = { API_KEY: '/api-auth/api-key/', BASIC: '/api-auth/basic/', OAUTH2_CC: '/oauth2/auth/', NONE: '/auth/unauthenticated/', DATASTORE: '/auth/datastore/', TBA: '/auth/tba/', TWO_STEP: '/auth/two-step/', BILL: '/auth/bill/', JWT: '/auth/jwt/', SIGNATURE: '/auth/signature/', AWS_SIGV4: '/auth/aws-sigv4/' };

const CONNECTION_STRING = { title: 'Connection string', secret: true, optional: true, description: 'Paste it whole, or fill in its parts below. A part that is filled in wins.' };

/** Beside a connection string nothing is required, and a default must not win over what the string says. */
function part(spec) {
  return { ...spec, optional: true, example: spec.default_value ?? spec.example, default_value: undefined, enum: spec.enum && ['', ...spec.enum] };
}

function field(id, spec, preset) {
  // A definition's pattern is searched for; the attribute must match the whole value.
  const pattern = spec.enum || !spec.pattern ? null : `.*(?:${spec.pattern}).*`;
  const input = spec.enum
    ? element('select', { id, name: id }, ...spec.enum.map((value) => element('option', { value }, value)))
    : element('input', { id, name: id, type: spec.secret ? 'password' : 'text', autocomplete: 'off', spellcheck: 'false', placeholder: spec.example, pattern, title: pattern ? spec.description : null, required: !spec.optional, value: preset ?? spec.default_value });
  return element('div', { class: 'field' },
    element('label', { for: id }, spec.title || id),
    element('div', { class: 'input' },
      spec.prefix ? element('span', {}, spec.prefix) : '', input, spec.suffix ? element('span', {}, spec.suffix) : '',
      spec.secret ? element('button', { class: 'plain', type: 'button', onclick: (event) => {
        input.type = input.type === 'password' ? 'text' : 'password';
        event.target.textContent = input.type === 'password' ? 'Show' : 'Hide';
      } }, 'Show') : ''),
    spec.description ? element('small', {}, spec.description) : '');
}

/** People paste whole addresses where a name is asked: cut them to what is needed. */
function cut(value, spec) {
  let text = value.trim();
  if (spec.suffix && text.includes(spec.suffix)) {
    text = text.slice(0, text.indexOf(spec.suffix));
  }
  return spec.suffix || spec.prefix ? text.replace(/^https?:\/\//, '') : text;
}

async function open(integration, all) {
  back.hidden = all.length < 2;
  back.onclick = () => picker(all);
  const { data: provider } = await api(`/providers/${encodeURIComponent(integration.provider)}`);
  const defaults = session.integrations_config_defaults?.[integration.unique_key]?.connection_config ?? {};
  const inputs = Object.entries(provider.connection_config ?? {}).filter(([id, spec]) => !spec.automated && !spec.hidden && defaults[id] === undefined);
  const datastore = provider.auth_mode === 'DATASTORE';
  const config = datastore ? [] : inputs;
  const credentials = datastore
    ? [['connection_string', CONNECTION_STRING], ...[...inputs, ...Object.entries(provider.credentials ?? {})].map(([id, spec]) => [id, part(spec)])]
    : Object.entries({ ...KEY_FIELDS[provider.auth_mode], ...(KEY_FIELDS[provider.auth_mode] ? provider.credentials : {}) });
  const problem = element('div');
  const button = element('button', { class: 'primary', type: 'submit' }, `Connect ${provider.display_name}`);
  const form = element('form', {}, ...config.map(([id, spec]) => field(id, spec)), ...credentials.map(([id, spec]) => field(id, spec)), problem, button);
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const popup = provider.auth_mode in KEY_PATHS ? null : openPopup();
    button.disabled = true;
    problem.replaceChildren();
    const query = new URLSearchParams({ connect_session_token: token });
    if (asked.get('connection_id')) {
      query.set('connection_id', asked.get('connection_id'));
    }
    config.forEach(([id, spec]) => form.elements[id].value && query.set(`params[${id}]`, cut(form.elements[id].value, spec)));
    try {
      const path = KEY_PATHS[provider.auth_mode];
      const result = path
        ? await api(`${path}${encodeURIComponent(integration.unique_key)}?${query}`, Object.fromEntries(credentials.map(([id]) => [id, form.elements[id].value]).filter(([, value]) => value || !datastore)))
        : await authorize(popup, integration.unique_key, query);
      success(provider, { providerConfigKey: result.providerConfigKey, connectionId: result.connectionId });
    } catch (error) {
      popup?.close();
      tellParent({ type: 'error', payload: { errorType: error.type ?? 'unknown_error', errorMessage: error.message } });
      problem.replaceChildren(element('p', { class: 'note bad', role: 'alert' }, error.message));
      button.disabled = false;
    }
  });
  show(
    element('div', { class: 'head' }, element('img', { src: new URL(integration.logo).pathname, alt: '' }), element('h1', { id: 'title' }, `Connect ${provider.display_name}`)),
    config.length + credentials.length === 0 ? element('p', { class: 'quiet' }, 'A window opens where you sign in and choose what to share.') : '',
    form,
  );
}

let session = {};

async function load() {
  try {
    ({ data: session } = await api('/connect/session'));
    const { data: integrations } = await api('/integrations');
    if (integrations.length === 0) {
      failure('Nothing to connect', 'No integration is set up for this link. Ask whoever sent it to you.');
    } else if (integrations.length === 1) {
      await open(integrations[0], integrations);
    } else {
      picker(integrations);
    }
  } catch (error) {
    if (error.type === 'unknown_connect_session_token') {
      failure('This link has expired', 'Ask for a new one where you found it.');
    } else {
      failure('That did not work', error.message, load);
    }
    tellParent({ type: 'error', payload: { errorType: error.type ?? 'unknown_error', errorMessage: error.message } });
  }
}

document.getElementById('close').addEventListener('click', close);
addEventListener('keydown', (event) => event.key === 'Escape' && close());
addEventListener('message', (event) => {
  if (event.source === window.parent && event.data?.type === 'session_token' && typeof event.data.sessionToken === 'string') {
    token = event.data.sessionToken;
    load();
  }
});
tellParent({ type: 'ready' });
if (token) {
  load();
} else if (!framed) {
  failure('This link is not complete', 'It carries no session. Ask for a new one where you found it.');
}
