/** The master key, where a key management service or a hardware token keeps what opens it. */
@NullMarked
package dev.latchkey.server.kms;

import org.jspecify.annotations.NullMarked;
