/** Envelope encryption: every secret at rest goes through here. */
@NullMarked
package dev.latchkey.server.vault;

import org.jspecify.annotations.NullMarked;
