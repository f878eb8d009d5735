/** Events delivered to the product, at least once and in order. Begin with {@link dev.latchkey.server.webhooks.outbound.Deliverer}. */
@NullMarked
package dev.latchkey.server.webhooks.outbound;

import org.jspecify.annotations.NullMarked;
