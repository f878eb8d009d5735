@NullMarked
package dev.latchkey.server.tokens;

import org.jspecify.annotations.NullMarked;
