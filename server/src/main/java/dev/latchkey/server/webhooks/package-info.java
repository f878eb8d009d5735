/** What the product is told, delivered at least once and in order; and what providers send in. */
@NullMarked
package dev.latchkey.server.webhooks;

import org.jspecify.annotations.NullMarked;
