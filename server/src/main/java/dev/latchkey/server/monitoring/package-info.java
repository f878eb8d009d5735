/** Metrics, health and housekeeping of a node. */
@NullMarked
package dev.latchkey.server.monitoring;

import org.jspecify.annotations.NullMarked;
