/** Health of connections and integrations, incidents of providers, warnings about grants that end. Begin with {@link dev.latchkey.server.refresh.health.Health}. */
@NullMarked
package dev.latchkey.server.refresh.health;

import org.jspecify.annotations.NullMarked;
