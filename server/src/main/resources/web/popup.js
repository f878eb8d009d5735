// The popup's way through an authorization: the result comes by WebSocket, since vendors' pages may cut the opener.

/** What went wrong, with the API's code as `type`. */
export class AuthorizationError extends Error {
  constructor(type, message) {
    super(message);
    this.type = type;
  }
}

/** Opens the popup at once, inside the click: browsers block a window that is opened later. */
export function openPopup() {
  const width = Math.min(520, screen.width);
  const height = Math.min(700, screen.height);
  const left = Math.max(0, (screen.width - width) / 2);
  const top = Math.max(0, (screen.height - height) / 2);
  return window.open('about:blank', '_blank', `popup,width=${width},height=${height},left=${left},top=${top}`);
}

/**
 * Walks the popup through an integration's authorization.
 * @param {Window|null} popup from openPopup
 * @param {string} key the integration's unique key
 * @param {URLSearchParams} query connect_session_token and params[...]
 * @returns {Promise<{providerConfigKey: string, connectionId: string}>}
 */
export function authorize(popup, key, query) {
  if (!popup || popup.closed) {
    return Promise.reject(new AuthorizationError('blocked_by_browser', 'Your browser blocked the window. Allow popups for this page and try again.'));
  }
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/`);
    let settled = false;
    const settle = (action) => {
      if (!settled) {
        settled = true;
        clearInterval(watch);
        socket.close();
        action();
      }
    };
    // A result may already be on its way when the window closes itself: look twice before giving up.
    let closedOnce = false;
    const watch = setInterval(() => {
      if (!popup.closed) {
        return;
      }
      if (closedOnce) {
        settle(() => reject(new AuthorizationError('window_closed', 'The window was closed before the authorization was finished.')));
      }
      closedOnce = true;
    }, 1000);
    socket.onmessage = (event) => {
      const message = JSON.parse(event.data);
      if (message.message_type === 'connection_ack') {
        query.set('ws_client_id', message.ws_client_id);
        popup.location = `/oauth/connect/${encodeURIComponent(key)}?${query}`;
      } else if (message.message_type === 'success') {
        settle(() => resolve({ providerConfigKey: message.provider_config_key, connectionId: message.connection_id }));
      } else if (message.message_type === 'error') {
        settle(() => reject(new AuthorizationError(message.error_type, message.error_desc)));
      }
    };
    socket.onerror = () => settle(() => {
      popup.close();
      reject(new AuthorizationError('unknown_error', 'The server could not be reached. Try again.'));
    });
  });
}
