/** Webhooks received from providers, verified and matched to connections. Begin with {@link dev.latchkey.server.webhooks.inbound.Incoming}. */
@NullMarked
package dev.latchkey.server.webhooks.inbound;

import org.jspecify.annotations.NullMarked;
