/** What Latchkey did, step by step, and how often: for people who look into it. Redacted before it is stored. */
@NullMarked
package dev.latchkey.server.logs;

import org.jspecify.annotations.NullMarked;
