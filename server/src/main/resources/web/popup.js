// The popup's way through an authorization: the result comes by WebSocket, since vendors' pages may cut the opener.

/** The path below which this server is reached, without a slash at its end: this file's own address tells it. */
export const base = new URL('..', import.meta.url).pathname.replace(/\/$/, '');

/** What went wrong: `type` is for the page that embeds us (Nango's words), `code` the API's own. */
export class AuthorizationError extends Error {
  constructor(type, message, code = type) {
    super(message);
    this.type = type;
    this.code = code;
  }
}

/** Opens the popup at once, inside the click: browsers block a window that is opened later. Null where it is blocked. */
export function openPopup() {
  const width = Math.min(520, screen.width);
  const height = Math.min(700, screen.height);
  const left = Math.max(0, (screen.width - width) / 2);
  const top = Math.max(0, (screen.height - height) / 2);
  const popup = window.open('about:blank', '_blank', `popup,width=${width},height=${height},left=${left},top=${top}`);
  return popup && !popup.closed ? popup : null;
}

/**
 * The address at which an integration's authorization begins.
 * @param {string} api where the API is
 * @param {string} key the integration's unique key
 * @param {URLSearchParams} query connect_session_token, params[...]
 */
export function start(api, key, query) {
  return `${api}/oauth/connect/${encodeURIComponent(key)}?${query}`;
}

/**
 * Waits for the result of an authorization.
 * @param {(id: string) => void} begin is called with the id that the authorization must carry as `ws_client_id`
 * @param {Window|null} popup that is watched; null for a window that we hold no handle of
 * @param {{signal?: AbortSignal, gone?: () => void}} [options] signal: gives up; gone: called once when the window cannot be seen any
 *     more, in place of ending the authorization. A vendor's page may cut the opener (Cross-Origin-Opener-Policy): its window then
 *     looks closed while the user is still there, and the result comes all the same.
 * @returns {Promise<{providerConfigKey: string, connectionId: string, pending: boolean}>}
 */
export function hear(begin, popup, { signal, gone } = {}) {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}${base}/`);
    let settled = false;
    let watch;
    const settle = (action) => {
      if (!settled) {
        settled = true;
        clearInterval(watch);
        socket.close();
        action();
      }
    };
    const fail = (type, message, code) => settle(() => reject(new AuthorizationError(type, message, code)));
    if (popup) {
      // A result may already be on its way when the window closes itself: look twice before giving up.
      let closedOnce = false;
      watch = setInterval(() => {
        if (!popup.closed) {
          return;
        }
        if (closedOnce && gone) {
          clearInterval(watch);
          gone();
        } else if (closedOnce) {
          fail('window_closed', 'The window was closed before the authorization was finished.');
        }
        closedOnce = true;
      }, 1000);
    }
    signal?.addEventListener('abort', () => {
      popup?.close();
      fail('window_closed', 'The authorization was cancelled.');
    });
    socket.onmessage = (event) => {
      const message = JSON.parse(event.data);
      if (message.message_type === 'connection_ack') {
        begin(message.ws_client_id);
      } else if (message.message_type === 'success') {
        settle(() => resolve({ providerConfigKey: message.provider_config_key, connectionId: message.connection_id, pending: message.is_pending === true }));
      } else if (message.message_type === 'error') {
        fail(message.error_type, message.error_desc, message.error_code);
      }
    };
    socket.onerror = () => {
      popup?.close();
      fail('unreachable', 'The server could not be reached. Try again.');
    };
  });
}

/** Walks a popup through an integration's authorization; see hear. */
export function authorize(popup, api, key, query, options) {
  if (!popup) {
    return Promise.reject(new AuthorizationError('blocked_by_browser', 'Your browser blocked the window. Allow popups for this page and try again.'));
  }
  return hear((id) => {
    query.set('ws_client_id', id);
    popup.location = start(api, key, query);
  }, popup, options);
}
