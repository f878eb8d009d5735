/** Whatever reads what strangers send, against inputs that a fuzzer makes. */
@NullMarked
package dev.latchkey.server.fuzz;

import org.jspecify.annotations.NullMarked;
