import { authorize, base, openPopup } from './popup.js';

const byId = (id) => document.getElementById(id);

function say(kind, text) {
  const note = document.createElement('p');
  note.className = `note ${kind === 'quiet' ? '' : kind}`;
  note.textContent = text;
  byId('status').replaceChildren(note);
}

async function api(path, body) {
  const answer = await fetch(base + path, body === undefined
    ? {}
    : { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
  const json = await answer.json();
  if (!answer.ok) {
    throw new Error(json.error.message);
  }
  return json;
}

function show(connection) {
  byId('c-integration').textContent = connection.integration;
  byId('c-id').textContent = connection.connectionId;
  byId('c-user').textContent = connection.user;
  byId('c-expires').textContent = connection.expiresAt
    ? `${new Date(connection.expiresAt).toLocaleString()}, refreshed before`
    : 'never, as this vendor issues it';
  byId('c-curl').textContent =
    `curl "${location.origin}${base}/connections/${connection.connectionId}?provider_config_key=${connection.integration}" \\\n` +
    '  -H "Authorization: Bearer $NANGO_SECRET_KEY"';
  byId('c-node').textContent =
    'import { Nango } from "@nangohq/node";\n\n' +
    `const nango = new Nango({ host: "${location.origin}${base}", secretKey: process.env.NANGO_SECRET_KEY });\n` +
    `const token = await nango.getToken("${connection.integration}", "${connection.connectionId}");`;
  byId('c-page').search = new URLSearchParams({ search: connection.connectionId });
  byId('connection').hidden = false;
  byId('connection').scrollIntoView({ behavior: matchMedia('(prefers-reduced-motion: reduce)').matches ? 'auto' : 'smooth', block: 'start' });
}

async function connect(provider, button) {
  const popup = openPopup();
  button.disabled = true;
  say('quiet', `Waiting for ${provider.name} …`);
  try {
    const session = await api('/start/sessions', { provider: provider.id });
    const result = await authorize(popup, base, session.integration, new URLSearchParams({ connect_session_token: session.token, ...session.params }));
    say('good', `Connected to ${provider.name}.`);
    show(await api(`/start/connections/${encodeURIComponent(result.providerConfigKey)}/${encodeURIComponent(result.connectionId)}`));
  } catch (error) {
    popup?.close();
    say('bad', error.message);
  } finally {
    button.disabled = false;
  }
}

for (const button of document.querySelectorAll('[data-provider]')) {
  button.addEventListener('click', () => connect({ id: button.dataset.provider, name: button.dataset.name }, button));
}
