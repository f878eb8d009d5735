/** Calls to a provider's API with a connection's credential. */
@NullMarked
package dev.latchkey.server.proxy;

import org.jspecify.annotations.NullMarked;
