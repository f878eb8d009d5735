/** The browser's side of flows: where an authorization begins, the OAuth callback (RFC 6749 section 4.1.2), and the page it ends with. Begin with {@link dev.latchkey.server.authorization.AuthorizationRoutes} and {@link dev.latchkey.server.authorization.CallbackRoutes}. */
@NullMarked
package dev.latchkey.server.authorization;

import org.jspecify.annotations.NullMarked;
