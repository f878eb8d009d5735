/** What a client says to an authorization server, and what it makes of the answer. */
@NullMarked
package dev.latchkey.server.oauth;

import org.jspecify.annotations.NullMarked;
