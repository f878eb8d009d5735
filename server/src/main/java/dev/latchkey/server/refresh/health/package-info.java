/** Integrations whose client is refused, incidents of providers, grants that end. Begin with {@link dev.latchkey.server.refresh.health.Incidents}. */
@NullMarked
package dev.latchkey.server.refresh.health;

import org.jspecify.annotations.NullMarked;
