/** Token acquisition: the requests that a client sends to an authorization server (RFC 6749 sections 4 to 6) and how responses are read. Begin with {@link dev.latchkey.server.tokens.TokenEndpoint}. */
@NullMarked
package dev.latchkey.server.tokens;

import org.jspecify.annotations.NullMarked;
