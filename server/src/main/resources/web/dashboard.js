// The dashboard's small helps: everything works by links and forms; this makes it quicker.

const cookiePath = new URL('..', document.currentScript.src).pathname;

document.addEventListener('click', async (event) => {
  const copy = event.target.closest('[data-copy]');
  if (copy) {
    const text = copy.dataset.copy || document.getElementById(copy.dataset.copyFrom)?.textContent.trim() || '';
    await navigator.clipboard.writeText(text);
    copy.classList.add('done');
    const label = copy.getAttribute('aria-label');
    copy.setAttribute('aria-label', 'Copied');
    setTimeout(() => {
      copy.classList.remove('done');
      copy.setAttribute('aria-label', label);
    }, 1500);
    return;
  }
  const theme = event.target.closest('[data-set-theme]');
  if (theme) {
    const value = theme.dataset.setTheme;
    const secure = location.protocol === 'https:' ? '; Secure' : '';
    document.cookie = `latchkey-theme=${value}; Path=${cookiePath}; Max-Age=31536000; SameSite=Lax${secure}`;
    if (value === 'system') {
      delete document.documentElement.dataset.theme;
    } else {
      document.documentElement.dataset.theme = value;
    }
    return;
  }
  const line = event.target.closest('[data-line]');
  if (line) {
    event.preventDefault();
    const text = document.getElementById('definition');
    const lines = text.value.split('\n');
    const start = lines.slice(0, line.dataset.line - 1).join('\n').length + (line.dataset.line > 1 ? 1 : 0);
    text.focus();
    text.setSelectionRange(start, start + (lines[line.dataset.line - 1] ?? '').length);
    text.scrollTop = (line.dataset.line - 4) * parseFloat(getComputedStyle(text).lineHeight);
    return;
  }
  // Without scripts these are links, and the style sheet shows the dialog whose id is behind the #.
  const opener = event.target.closest('[data-dialog]');
  if (opener) {
    event.preventDefault();
    opener.closest('dialog')?.close();
    document.getElementById(opener.hash.slice(1))?.showModal();
    return;
  }
  if (event.target.closest('[data-close-note]')) {
    event.target.closest('.note').remove();
    return;
  }
  if (event.target.closest('[data-close]')) {
    event.preventDefault();
    event.target.closest('dialog')?.close();
    return;
  }
  // Menus close when one clicks elsewhere.
  for (const open of document.querySelectorAll('details.drop[open]')) {
    if (!open.contains(event.target)) {
      open.open = false;
    }
  }
});

document.addEventListener('keydown', (event) => {
  if (event.key === ' ' && event.target.matches('a[role=button]')) {
    event.preventDefault();
    event.target.click();
  }
  if (event.key === 'Escape') {
    for (const open of document.querySelectorAll('details.drop[open]')) {
      open.open = false;
      open.querySelector('summary').focus();
    }
  }
  if (event.key === '/' && !event.target.closest('input, textarea, select')) {
    const search = document.querySelector('[data-search]');
    if (search) {
      event.preventDefault();
      search.focus();
    }
  }
});

// A filter is used when it is chosen; a picture is sent as text, with the rest of its form.
document.addEventListener('change', (event) => {
  if (event.target.matches('[data-into]')) {
    const reader = new FileReader();
    reader.onload = () => {
      document.getElementById(event.target.dataset.into).value = reader.result;
    };
    if (event.target.files[0]) {
      reader.readAsDataURL(event.target.files[0]);
    }
  }
  if (event.target.matches('[data-select-all]')) {
    for (const box of event.target.form.querySelectorAll('input[name=id]')) {
      box.checked = event.target.checked;
    }
  }
  if (event.target.matches('[data-select-all], input[name=id]')) {
    const count = event.target.form.querySelectorAll('input[name=id]:checked').length;
    event.target.form.querySelector('[data-selected]').textContent = `${count} selected:`;
  }
  if (event.target.matches('[data-submit]')) {
    event.target.form.requestSubmit();
  }
});

// Opened in a tab of its own.
const asked = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
if (asked instanceof HTMLDialogElement) {
  location.replace('#');
  asked.showModal();
}

// A link whose secret follows the #, where no server and no log sees it.
const token = document.querySelector('input[data-from-fragment]');
if (token && location.hash.length > 1) {
  token.value = location.hash.slice(1);
  history.replaceState(null, '', location.pathname + location.search);
}

// New lines of the log as they are written.
const live = document.querySelector('[data-live]');
if (live) {
  const body = document.getElementById(live.dataset.live);
  const state = live.querySelector('.dot');
  const source = new EventSource(live.dataset.source);
  source.onopen = () => state.classList.add('good');
  source.onerror = () => state.classList.remove('good');
  source.onmessage = (event) => {
    const template = document.createElement('template');
    template.innerHTML = event.data;
    for (const row of [...template.content.children].reverse()) {
      if (!document.getElementById(row.id)) {
        row.classList.add('new');
        body.prepend(row);
      }
    }
    document.querySelector('[data-no-lines]')?.setAttribute('hidden', '');
    while (body.children.length > 500) {
      body.lastElementChild.remove();
    }
  };
  addEventListener('pagehide', () => source.close());
}

// What htmx could not load, and why: the old rows would stand under the new words.
function unreached(text) {
  document.querySelector('.offline')?.remove();
  if (text) {
    const note = Object.assign(document.createElement('p'), { className: 'note bad offline', textContent: text });
    note.setAttribute('role', 'alert');
    document.body.append(note);
  }
}
const AWAY = 'Latchkey cannot be reached. What you see may be out of date.';
addEventListener('offline', () => unreached('You are offline. What you see may be out of date.'));
addEventListener('online', () => unreached(''));
document.addEventListener('htmx:sendError', () => unreached(navigator.onLine ? AWAY : 'You are offline. What you see may be out of date.'));
document.addEventListener('htmx:timeout', () => unreached(AWAY));
document.addEventListener('htmx:responseError', (event) => unreached(
  event.detail.xhr.status === 503 ? 'Latchkey is busy. Try again in a moment.' : `That did not work (status ${event.detail.xhr.status}). Reload the page.`));
document.addEventListener('htmx:beforeRequest', (event) => event.detail.target?.setAttribute('aria-busy', 'true'));
document.addEventListener('htmx:afterRequest', (event) => {
  event.detail.target?.removeAttribute('aria-busy');
  if (event.detail.successful) {
    unreached('');
  }
});
