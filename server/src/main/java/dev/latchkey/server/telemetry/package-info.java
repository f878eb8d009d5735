/** What a piece of work belongs to: the request that caused it and a trace, which a collector may record (OTLP). */
@NullMarked
package dev.latchkey.server.telemetry;

import org.jspecify.annotations.NullMarked;
