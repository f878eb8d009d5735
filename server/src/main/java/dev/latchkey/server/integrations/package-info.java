/** A configured provider: client id and secret, scopes. */
@NullMarked
package dev.latchkey.server.integrations;

import org.jspecify.annotations.NullMarked;
