@NullMarked
package dev.latchkey.server.signing;

import org.jspecify.annotations.NullMarked;
