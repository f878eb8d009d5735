// A form's fields: secrets are shown on demand, pasted addresses cut to what is needed, connection strings split, mistakes explained.

/** People paste whole addresses where a name is asked. The server cuts again; here it is seen. */
export function cut(value, { shape, prefix, suffix }) {
  let text = value.trim();
  if (shape && /^https?:\/\//i.test(text)) {
    text = text.replace(/^https?:\/\//i, '').replace(/[/?#].*$/, '');
  } else if (prefix && text.toLowerCase().startsWith(prefix.toLowerCase())) {
    text = text.slice(prefix.length);
  }
  if (suffix) {
    const at = text.toLowerCase().indexOf(suffix.toLowerCase());
    text = at > 0 ? text.slice(0, at) : text;
  }
  return shape ? text.replace(/\/+$/, '') : text;
}

const problemOf = (input) => input.closest('.field').querySelector('.wrong');

export function showProblem(input, words) {
  const place = problemOf(input);
  place.textContent = words;
  place.hidden = !words;
  if (words) {
    input.setAttribute('aria-invalid', 'true');
  } else {
    input.removeAttribute('aria-invalid');
  }
}

function mistake(input, words) {
  const value = input.value.trim();
  if (!value) {
    return input.required ? words.say('field.missing') : '';
  }
  const { pattern, example } = input.dataset;
  let found = true;
  try {
    found = !pattern || new RegExp(pattern, 'u').test(value);
  } catch {
    // The server's dialect of patterns is not quite the browser's; it decides.
  }
  if (found) {
    return '';
  }
  if (input.inputMode === 'numeric') {
    return words.say('field.number');
  }
  return example ? words.say('field.wrong.example', { example }) : words.say('field.wrong');
}

const shown = (form) => [...form.querySelectorAll('[data-place]')].filter((input) => !input.closest('.field')?.hidden);

/** Shows what is wrong and goes to the first of it. */
export function isRight(form, words) {
  const wrong = shown(form).filter((input) => {
    const text = mistake(input, words);
    showProblem(input, text);
    return text;
  });
  wrong[0]?.closest('details')?.setAttribute('open', '');
  wrong[0]?.focus();
  return wrong.length === 0;
}

/** What the form sends: some in the address, secrets in the body. */
export function answers(form) {
  const query = {};
  const body = {};
  for (const input of shown(form)) {
    const value = input.tagName === 'INPUT' && input.type === 'text' ? cut(input.value, input.dataset) : input.value.trim();
    if (value) {
      (input.dataset.place === 'query' ? query : body)[input.name] = value;
    }
  }
  return { query, body };
}

function reveal(button) {
  const box = button.closest('.box-of');
  const input = box.querySelector('input, textarea');
  const show = button.getAttribute('aria-pressed') === 'false';
  button.setAttribute('aria-pressed', String(show));
  if (input.tagName === 'INPUT') {
    input.type = show ? 'text' : 'password';
  } else {
    input.classList.toggle('shown', show);
  }
}

/** Asks the server for a connection string's parts and fills them in. @returns {Promise<boolean>} whether it could be read */
export async function split(form, words, ask) {
  const input = form.querySelector('[data-string]');
  const text = input?.value.trim();
  if (!text) {
    return true;
  }
  const { values, problem } = await ask(text);
  if (!values) {
    showProblem(input, problem || words.say('string.wrong'));
    return false;
  }
  for (const [name, value] of Object.entries(values)) {
    let field = form.elements[name];
    if (!field) {
      field = Object.assign(document.createElement('input'), { type: 'hidden', name });
      field.dataset.place = 'body';
      form.append(field);
    }
    field.value = value;
    if (field.closest('.field')) {
      showProblem(field, '');
    }
  }
  showProblem(input, '');
  input.value = '';
  form.querySelector('[data-split]').textContent = words.say('string.split');
  return true;
}

/** @param {(text: string) => Promise<object>} ask the server to split a connection string */
export function tend(form, words, ask) {
  const conditional = [...form.querySelectorAll('[data-when]')];
  const fit = () => conditional.forEach((field) => {
    field.hidden = form.elements[field.dataset.when]?.value !== field.dataset.is;
  });
  fit();
  form.addEventListener('click', (event) => {
    const button = event.target.closest('[data-reveal]');
    if (button) {
      reveal(button);
    }
  });
  form.addEventListener('input', (event) => {
    if (event.target.getAttribute('aria-invalid')) {
      showProblem(event.target, '');
    }
  });
  form.addEventListener('change', (event) => {
    fit();
    const input = event.target;
    if (input.matches('[data-string]')) {
      split(form, words, ask);
    } else if (input.matches('[data-place]') && input.type === 'text') {
      const short = cut(input.value, input.dataset);
      if (short !== input.value.trim()) {
        input.value = short;
        input.closest('.field').querySelector('.right')?.remove();
        input.closest('.box-of').insertAdjacentElement('afterend', Object.assign(document.createElement('p'), { className: 'right', role: 'status', textContent: words.say('field.cut') }));
      }
      if (input.value) {
        showProblem(input, mistake(input, words));
      }
    }
  });
  // What is pasted is seen cut or split at once.
  form.addEventListener('paste', (event) => setTimeout(() => event.target.dispatchEvent(new Event('change', { bubbles: true }))));
}
