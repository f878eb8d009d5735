/** Limits, backoff and the circuit breaker of each vendor host. Begin with {@link dev.latchkey.server.refresh.hosts.VendorHosts}. */
@NullMarked
package dev.latchkey.server.refresh.hosts;

import org.jspecify.annotations.NullMarked;
